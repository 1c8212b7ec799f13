"""Rotation: a key gets a new secret, and the old one works beside it for a while.

All steps lock the credential's row first, so that of two at once one wins and the other is told.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.actors import Actor
from audit.writing import Conflict, write
from keys.events import record_act
from keys.models import Credential, Kind, Secret, SecretState, Status
from keys.secret_states import Step, is_retiring, next_state
from keys.writes import NewKey, add_secret, set_expiry

OVERLAPS = {
    "0": timedelta(0),
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}


class Rotation(NamedTuple):
    """The secret in use, and the one that still works beside it (None: no rotation is under way)."""

    current: Secret
    retiring: Secret | None


def rotation_of(credential: Credential, now: datetime) -> Rotation:
    """One query."""
    secrets = list(credential.secrets.exclude(state=SecretState.ENDED))
    current = next(secret for secret in secrets if secret.state == SecretState.CURRENT)
    return Rotation(current, next((secret for secret in secrets if is_retiring(secret, now)), None))


@write
def start_rotation(
    credential: Credential,
    *,
    actor: Actor,
    overlap: timedelta,
    replaces: str = "",
    expires_at: datetime | None = None,
    reason: str = "",
) -> NewKey:
    """Give a key another secret; the old one works for `overlap` more, and not at all where the key is quarantined or
    has expired. `replaces` is the public id of the secret that the caller saw in use. `expires_at` renews the key.

    Raises Conflict where a rotation is under way or the secret was replaced meanwhile, ValidationError for a revoked
    key, an overlap that is not offered, or an expired key that is not renewed.
    """
    locked = _lock(credential)
    if overlap not in OVERLAPS.values():
        raise ValidationError({"overlap": "The overlap is 0, 1 hour, 24 hours, 7 days or 30 days."})
    at_once = not overlap or locked.is_quarantined or locked.is_expired
    _replace(locked, overlap, replaces, at_once)
    changes = _renew(locked, expires_at) | _lift_quarantine(locked)
    secret, made = add_secret(locked)
    changes |= {"secret": [None, str(made)], "overlap": [None, "none" if at_once else str(overlap)]}
    _record(locked, "rotated", changes, actor, reason)
    credential.refresh_from_db()
    return NewKey(credential, secret)


def _lock(credential: Credential) -> Credential:
    rows = Credential.objects.select_for_update(of=("self",)).select_related("application__organisation")
    locked = rows.get(pk=credential.pk)
    if locked.status == Status.REVOKED:
        raise ValidationError("This key is revoked for good: make another one.")
    if not locked.has_secret:
        raise ValidationError("This client has no secret.")
    return locked


def _replace(credential: Credential, overlap: timedelta, replaces: str, at_once: bool) -> None:
    """Retire or end what works now. A quarantined key must get rid of both its secrets, whatever is under way."""
    now = timezone.now()
    current, retiring = rotation_of(credential, now)
    if replaces and current.public_id != replaces:
        raise Conflict("Somebody rotated this key a moment ago. Look again: their new secret is in use.")
    if retiring and not credential.is_quarantined:
        raise Conflict("A rotation of this key is under way: end or cancel it first.")
    for secret in credential.secrets.filter(state=SecretState.RETIRING):
        _move(secret, "replace at once", now if retiring else secret.not_after)
    _move(current, "replace at once" if at_once else "replace", now if at_once else now + overlap)


def _move(secret: Secret, step: Step, not_after: datetime | None) -> None:
    secret.state, secret.not_after = next_state(secret, step), not_after
    secret.save(update_fields=["state", "not_after"])


def _renew(credential: Credential, expires_at: datetime | None) -> dict[str, list[object]]:
    if expires_at is not None:
        return set_expiry(credential, expires_at)
    if credential.is_expired:
        raise ValidationError({"expires_at": "The key has expired: choose how long it is to work from now on."})
    return {}


def _lift_quarantine(credential: Credential) -> dict[str, list[object]]:
    left = credential.quarantined_to
    Credential.objects.filter(pk=credential.pk).update(quarantined_to=None)
    return {} if left is None else {"quarantined to": [left, None]}


@write
def extend_overlap(credential: Credential, *, actor: Actor, overlap: timedelta) -> Secret:
    """Let the old secret work for `overlap` from now on. Raises Conflict where it has ended, ValidationError."""
    if not overlap or overlap not in OVERLAPS.values():
        raise ValidationError({"overlap": "The overlap is 1 hour, 24 hours, 7 days or 30 days."})
    locked = _lock(credential)
    retiring = _under_way(locked).retiring
    before = retiring.not_after
    _move(retiring, "extend", timezone.now() + overlap)
    _record(locked, "rotation_extended", {"not after": [str(before), str(retiring.not_after)]}, actor)
    return retiring


@write
def end_overlap(credential: Credential, *, actor: Actor) -> Secret:
    """End the old secret now. Raises Conflict where it has ended."""
    locked = _lock(credential)
    retiring = _under_way(locked).retiring
    _move(retiring, "end", timezone.now())
    _record(locked, "rotation_ended", {"secret": [str(retiring), None]}, actor)
    return retiring


@write
def cancel_rotation(credential: Credential, *, actor: Actor) -> Secret:
    """The new secret dies, the old one lives on without an end. Raises Conflict where the old one has ended."""
    locked = _lock(credential)
    current, retiring = _under_way(locked)
    _move(current, "cancel", timezone.now())
    _move(retiring, "cancel", None)
    _record(locked, "rotation_cancelled", {"secret": [str(current), str(retiring)]}, actor)
    return retiring


class UnderWay(NamedTuple):
    """A rotation whose old secret still works."""

    current: Secret
    retiring: Secret


def _under_way(credential: Credential) -> UnderWay:
    current, retiring = rotation_of(credential, timezone.now())
    if retiring is None:
        raise Conflict("The old secret has ended already: no rotation of this key is under way.")
    return UnderWay(current, retiring)


def _record(credential: Credential, act: str, changes: dict[str, list[object]], actor: Actor, reason: str = "") -> None:
    """The secrets of the last step are published with the credential, whose stub is that of the newest. Gateways know
    no secrets of clients."""
    is_key = credential.kind == Kind.KEY
    touched = credential.secrets.order_by("-id").values_list("digest", flat=True)[:3] if is_key else ()
    record_act(credential, act, changes, actor, reason, digests=touched)
