"""The writes on OAuth clients. What they share with keys (renaming, rotation, suspension, …) is done as with keys."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Application, User
from audit.actors import Actor
from audit.public_ids import new_public_id
from audit.writing import changed_fields, record_event, write
from contract.key_format import Environment
from keys.changes import lock_changeable, record_change
from keys.expiry import due_reminder
from keys.models import Client, Credential, Grant, Kind
from keys.redirect_uris import checked_redirect_uris
from keys.writes import (
    DEFAULT_LIFETIME,
    add_secret,
    check_owner,
    checked_expiry,
    checked_name,
    checked_networks,
    checked_scopes,
    note_grants,
)


class NewClient(NamedTuple):
    """A client and its secret, which is shown once and kept nowhere; empty for a public one."""

    credential: Credential
    secret: str


@write
def create_client(
    application: Application,
    name: str,
    *,
    actor: Actor,
    environment: Environment,
    scopes: Iterable[str],
    grants: Iterable[str],
    redirect_uris: Iterable[str] = (),
    is_public: bool = False,
    requires_dpop: bool = False,
    networks: Iterable[str] = (),
    expires_at: datetime | None = None,
    created_by: User | None = None,
) -> NewClient:
    """Make a client. Raises ValidationError as for a key, and for grants and redirect addresses that do not fit."""
    check_owner(application, environment)
    granted = checked_grants(grants, is_public=is_public)
    addresses = _needed_uris(granted, redirect_uris, is_public)
    expiry = checked_expiry(expires_at or timezone.now() + DEFAULT_LIFETIME)
    credential = Credential.objects.create(
        public_id=new_public_id("cli"),
        kind=Kind.CLIENT,
        application=application,
        name=checked_name(name),
        environment=environment,
        scopes=checked_scopes(application, scopes),
        networks=checked_networks(networks),
        expires_at=expiry,
        reminded_days=due_reminder(expiry, timezone.now()),
        created_by=created_by,
    )
    client = Client.objects.create(
        credential=credential,
        is_public=is_public,
        redirect_uris=addresses,
        grants=granted,
        requires_dpop=requires_dpop,
    )
    note_grants(credential)
    secret = "" if is_public else add_secret(credential)[0]
    _record_new(client, actor)
    return NewClient(credential, secret)


def _record_new(client: Client, actor: Actor) -> None:
    credential = client.credential
    values = {
        "scopes": credential.scopes,
        "environment": credential.environment,
        "grants": client.grants,
        "redirect addresses": client.redirect_uris,
        "public": client.is_public,
        "requires DPoP": client.requires_dpop,
    }
    record_event(
        actor,
        "client.created",
        credential,
        organisation=credential.application.organisation.public_id,
        changes={field: [None, value] for field, value in values.items()},
        publishes=[("credential", credential.public_id)],
    )


@write
def set_redirect_uris(credential: Credential, uris: Iterable[str], *, actor: Actor) -> None:
    """Name the redirect addresses anew; codes that are on their way keep theirs. Raises ValidationError."""
    locked = lock_changeable(credential)
    client = locked.client
    changes = changed_fields(client, {"redirect_uris": _needed_uris(client.grants, uris, client.is_public)})
    client.save(update_fields=["redirect_uris"])
    record_change(locked, "client.redirects_set", changes, actor)
    credential.client = client


@write
def set_requires_dpop(credential: Credential, requires_dpop: bool, *, actor: Actor) -> None:
    """Whether its tokens must be bound to a key that it holds; those that are not are refused from now on."""
    locked = lock_changeable(credential)
    client = locked.client
    changes = changed_fields(client, {"requires_dpop": requires_dpop})
    client.save(update_fields=["requires_dpop"])
    record_change(locked, "client.dpop_set", changes, actor)
    credential.client = client


def checked_grants(grants: Iterable[str], *, is_public: bool) -> list[str]:
    """The grants, sorted. Raises ValidationError for none, an unknown one, and what a public client cannot have."""
    wanted = set(grants)
    if not wanted or not wanted <= set(Grant.values):
        raise ValidationError({"grants": f"A client's grants are {' and '.join(Grant.values)}, one or both."})
    if is_public and Grant.CLIENT_CREDENTIALS in wanted:
        raise ValidationError({"grants": "A public client has no secret, so it cannot ask for tokens of its own."})
    return sorted(wanted)


def _needed_uris(grants: Iterable[str], uris: Iterable[str], is_public: bool) -> list[str]:
    checked = checked_redirect_uris(uris, is_public=is_public)
    asks_people = Grant.AUTHORIZATION_CODE in grants
    if asks_people and not checked:
        raise ValidationError({"redirect_uris": "Name at least one address to which people are sent back."})
    return checked if asks_people else []
