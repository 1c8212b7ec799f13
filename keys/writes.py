"""The writes on credentials."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import NamedTuple, Required, TypedDict, Unpack, get_args

from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Application, User
from audit.actors import Actor
from audit.writing import changed_fields, write
from contract.key_format import Environment, digest_key, mint_client_secret, mint_key, stub_key
from contract.settings import settings
from keys.events import record_act
from keys.expiry import due_reminder
from keys.models import Credential, Kind, ScopeGrant, Secret, Status
from plans.coverage import scopes_within_plans

DEFAULT_LIFETIME = timedelta(days=90)
LONGEST_LIFETIME = timedelta(days=3650)
MOST_NETWORKS = 50


class NewKey(NamedTuple):
    """A credential and its secret, which is shown once and kept nowhere."""

    credential: Credential
    secret: str


class Facts(TypedDict, total=False):
    """What every credential has: networks may be missing (everywhere), the expiry (DEFAULT_LIFETIME), and the maker."""

    environment: Required[Environment]
    scopes: Required[Iterable[str]]
    networks: Iterable[str]
    expires_at: datetime | None
    created_by: User | None


@write
def create_key(application: Application, name: str, *, actor: Actor, **facts: Unpack[Facts]) -> NewKey:
    """Make a key. Raises ValidationError for a scope outside the application's plans, a bad network, a past expiry."""
    credential = add_credential(application, name, facts)
    secret, made = add_secret(credential)
    changes = {"scopes": [None, credential.scopes], "environment": [None, credential.environment]}
    record_act(credential, "created", changes, actor, digests=[made.digest])
    return NewKey(credential, secret)


def add_credential(application: Application, name: str, facts: Facts, **kind: str) -> Credential:
    """Within a write: a key; `kind` says otherwise. Raises ValidationError."""
    check_owner(application, facts["environment"])
    expiry = checked_expiry(facts.get("expires_at") or timezone.now() + DEFAULT_LIFETIME)
    credential = Credential.objects.create(
        application=application,
        name=checked_name(name),
        environment=facts["environment"],
        scopes=checked_scopes(application, facts["scopes"]),
        networks=checked_networks(facts.get("networks", ())),
        expires_at=expiry,
        reminded_days=due_reminder(expiry, timezone.now()),
        created_by=facts.get("created_by"),
        **kind,
    )
    note_grants(credential)
    return credential


def check_owner(application: Application, environment: str) -> None:
    """Raises ValidationError where a key could never be used."""
    if environment not in get_args(Environment):
        raise ValidationError({"environment": f"The environment is test or live, not {environment!r}."})
    if application.status != "active":
        raise ValidationError(f"The application {application} was removed.")


def add_secret(credential: Credential) -> tuple[str, Secret]:
    """A new secret in use, in the clear and as it is kept. Whatever was in use has been retired before."""
    mint = mint_client_secret if credential.kind == Kind.CLIENT else mint_key
    secret = mint(credential.environment)  # type: ignore[arg-type]
    digest = digest_key(secret, settings().secret_bytes("key_pepper"))
    stub = stub_key(secret)
    made = Secret.objects.create(credential=credential, digest=digest, prefix=stub.prefix, last4=stub.last4)
    return secret, made


def note_grants(credential: Credential) -> None:
    """One row for each of its scopes; those it keeps keep their dates."""
    credential.grants.exclude(scope__in=credential.scopes).delete()
    rows = [ScopeGrant(credential=credential, scope=scope) for scope in credential.scopes]
    ScopeGrant.objects.bulk_create(rows, ignore_conflicts=True)


def set_expiry(credential: Credential, expires_at: datetime) -> dict[str, list[object]]:
    """Within a write: another expiry. What it makes due at once needs no reminder. Raises ValidationError."""
    checked = checked_expiry(expires_at)
    told = due_reminder(checked, timezone.now())
    Credential.objects.filter(pk=credential.pk).update(expires_at=checked, reminded_days=told)
    before, credential.expires_at, credential.reminded_days = credential.expires_at, checked, told
    return {"expires_at": [str(before), str(checked)]}


@write
def rename_key(credential: Credential, name: str, *, actor: Actor) -> None:
    """Give a key another name; touches nothing else, so it cannot undo a revocation that happens meanwhile."""
    changes = changed_fields(credential, {"name": checked_name(name)})
    credential.save(update_fields=["name"])
    record_act(credential, "renamed", changes, actor)


@write
def revoke_key(credential: Credential, *, actor: Actor, reason: str = "") -> None:
    """Revoke for good. Revoking what is revoked changes nothing but is recorded."""
    before = Credential.objects.select_for_update().get(pk=credential.pk)
    active = Credential.objects.filter(pk=credential.pk).exclude(status=Status.REVOKED)
    active.update(status=Status.REVOKED, revoked_at=timezone.now())
    record_act(credential, "revoked", {"status": [before.status, Status.REVOKED.value]}, actor, reason)
    credential.refresh_from_db(fields=["status", "revoked_at"])


def checked_name(name: str) -> str:
    """A name with something in it. Raises ValidationError."""
    name = name.strip()
    if not name or len(name) > 120:
        raise ValidationError({"name": "Give the key a name of at most 120 characters."})
    return name


def checked_scopes(application: Application, scopes: Iterable[str]) -> list[str]:
    """The scopes, sorted. Raises ValidationError for one that none of the application's plans has."""
    wanted, within = set(scopes), scopes_within_plans(application)
    if outside := wanted - within:
        has = f"it has {', '.join(sorted(within))}" if within else "it has none"
        raise ValidationError({"scopes": f"The plan has no scope {', '.join(sorted(outside))}; {has}."})
    return sorted(wanted)


def checked_networks(networks: Iterable[str]) -> list[str]:
    """Networks in canonical form. Raises ValidationError naming the first that is none."""
    result = []
    texts = list(networks)
    if len(texts) > MOST_NETWORKS:
        raise ValidationError({"networks": f"A key has at most {MOST_NETWORKS} networks."})
    for text in texts:
        try:
            result.append(str(ip_network(text.strip())))
        except ValueError as error:
            raise ValidationError({"networks": f"{text!r} is not a network such as 203.0.113.0/24: {error}."}) from None
    return result


def checked_expiry(expires_at: datetime) -> datetime:
    """A moment to come, within ten years. Raises ValidationError."""
    now = timezone.now()
    if not now < expires_at <= now + LONGEST_LIFETIME:
        raise ValidationError({"expires_at": "The expiry must lie ahead, by ten years at most."})
    return expires_at
