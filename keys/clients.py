"""The writes on OAuth clients. What they share with keys (renaming, rotation, suspension, …) is done as with keys."""

from collections.abc import Iterable
from typing import Unpack

from django.core.exceptions import ValidationError

from accounts.models import Application
from audit.actors import Actor
from audit.public_ids import new_public_id
from audit.writing import changed_fields, write
from keys.changes import lock_changeable
from keys.events import record_act
from keys.models import Client, Credential, Grant, Kind
from keys.redirect_uris import checked_redirect_uris
from keys.writes import Facts, NewKey, add_credential, add_secret


@write
def create_client(
    application: Application,
    name: str,
    *,
    actor: Actor,
    grants: Iterable[str],
    redirect_uris: Iterable[str] = (),
    is_public: bool = False,
    requires_dpop: bool = False,
    **facts: Unpack[Facts],
) -> NewKey:
    """Make a client; the secret of a public one is empty. Raises ValidationError as for a key, and for grants and
    redirect addresses that do not fit."""
    granted = checked_grants(grants, is_public=is_public)
    addresses = _needed_uris(granted, redirect_uris, is_public)
    credential = add_credential(application, name, facts, kind=Kind.CLIENT, public_id=new_public_id("cli"))
    client = Client.objects.create(
        credential=credential,
        is_public=is_public,
        redirect_uris=addresses,
        grants=granted,
        requires_dpop=requires_dpop,
    )
    secret = "" if is_public else add_secret(credential)[0]
    record_act(credential, "created", _told(client), actor)
    return NewKey(credential, secret)


def _told(client: Client) -> dict[str, list[object]]:
    values = {
        "scopes": client.credential.scopes,
        "environment": client.credential.environment,
        "grants": client.grants,
        "redirect addresses": client.redirect_uris,
        "public": client.is_public,
        "requires DPoP": client.requires_dpop,
    }
    return {field: [None, value] for field, value in values.items()}


@write
def set_redirect_uris(credential: Credential, uris: Iterable[str], *, actor: Actor) -> None:
    """Name the redirect addresses anew; codes that are on their way keep theirs. Raises ValidationError."""
    locked = lock_changeable(credential)
    client = locked.client
    changes = changed_fields(client, {"redirect_uris": _needed_uris(client.grants, uris, client.is_public)})
    client.save(update_fields=["redirect_uris"])
    record_act(locked, "redirects_set", changes, actor)
    credential.client = client


@write
def set_requires_dpop(credential: Credential, requires_dpop: bool, *, actor: Actor) -> None:
    """Whether its tokens must be bound to a key that it holds; those that are not are refused from now on."""
    locked = lock_changeable(credential)
    client = locked.client
    changes = changed_fields(client, {"requires_dpop": requires_dpop})
    client.save(update_fields=["requires_dpop"])
    record_act(locked, "dpop_set", changes, actor)
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
