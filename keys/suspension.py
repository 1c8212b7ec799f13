"""Suspending a key and letting it go on: its calls are refused meanwhile, and nothing of it is lost."""

from typing import NamedTuple

from django.core.exceptions import ValidationError

from audit.actors import Actor
from audit.writing import write
from keys.events import record_act
from keys.models import Credential, Side, Status


class Standing(NamedTuple):
    """A key's own status, and who suspended it."""

    status: str
    suspended_by: str = ""


ACTIVE = Standing(Status.ACTIVE)
_TEAM, _STAFF = Standing(Status.SUSPENDED, Side.TEAM), Standing(Status.SUSPENDED, Side.STAFF)

SUSPENDED: dict[tuple[Standing, Side], Standing] = {
    (ACTIVE, Side.TEAM): _TEAM,
    (ACTIVE, Side.STAFF): _STAFF,
    (_TEAM, Side.TEAM): _TEAM,
    (_TEAM, Side.STAFF): _STAFF,
    (_STAFF, Side.TEAM): _STAFF,
    (_STAFF, Side.STAFF): _STAFF,
}
RESUMED: dict[tuple[Standing, Side], Standing] = {
    (ACTIVE, Side.TEAM): ACTIVE,
    (ACTIVE, Side.STAFF): ACTIVE,
    (_TEAM, Side.TEAM): ACTIVE,
    (_TEAM, Side.STAFF): ACTIVE,
    (_STAFF, Side.STAFF): ACTIVE,
}
"""What is missing is refused: a revoked key, and by its team what staff have suspended."""


def may_resume(credential: Credential, side: Side) -> bool:
    """Whether this side may let it go on."""
    return (Standing(credential.status, credential.suspended_by), side) in RESUMED


@write
def suspend_key(credential: Credential, side: Side, *, actor: Actor, reason: str = "") -> None:
    """Refuse its calls until it is resumed. Raises ValidationError for a revoked key."""
    _set(credential, side, "suspended", SUSPENDED, actor, reason)


@write
def resume_key(credential: Credential, side: Side, *, actor: Actor, reason: str = "") -> None:
    """Let it go on. Raises ValidationError for a revoked key, and to its team for one that staff suspended."""
    _set(credential, side, "resumed", RESUMED, actor, reason)


def _set(
    credential: Credential,
    side: Side,
    act: str,
    table: dict[tuple[Standing, Side], Standing],
    actor: Actor,
    reason: str,
) -> None:
    locked = Credential.objects.select_for_update().get(pk=credential.pk)
    before = Standing(locked.status, locked.suspended_by)
    if (before, side) not in table:
        raise ValidationError(_refusal(before))
    after = table[before, side]
    Credential.objects.filter(pk=credential.pk).update(status=after.status, suspended_by=after.suspended_by)
    changes = {"status": [before.status, after.status], "suspended by": [before.suspended_by, after.suspended_by]}
    record_act(credential, act, changes, actor, reason)
    credential.refresh_from_db(fields=["status", "suspended_by"])


def _refusal(standing: Standing) -> str:
    if standing.status == Status.REVOKED:
        return "This key is revoked for good."
    return "Staff suspended this key; only they can let it go on."
