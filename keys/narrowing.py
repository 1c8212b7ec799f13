"""Narrowing a key to the scopes that it uses, and taking that back."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils import timezone

from analytics.models import OperationUse
from audit.actors import Actor
from audit.models import Event
from audit.writing import Conflict, write
from catalog.models import Operation
from keys.changes import lock_changeable, set_scopes
from keys.events import action_of, record_act
from keys.models import Credential

UNUSED_AFTER = timedelta(days=30)
UNDO_WITHIN = timedelta(days=7)
NARROWED = "narrowed"


class HeldScope(NamedTuple):
    """A scope of a key, when it was last needed by a call that got through (None: never), and if that is long ago."""

    scope: str
    last_used_at: datetime | None
    is_unused: bool
    operations: list[Operation]


def held_scopes(credential: Credential, now: datetime) -> list[HeldScope]:
    """Each scope with the operations that need it; new ones do not count as unused. Three queries."""
    by_scope: dict[str, list[Operation]] = {}
    needing = Operation.objects.filter(scope__in=credential.scopes).select_related("version__api")
    for operation in needing.defer("version__document"):
        by_scope.setdefault(operation.scope, []).append(operation)
    uses = dict(OperationUse.objects.filter(credential=credential.public_id).values_list("operation", "last_at"))
    granted = dict(credential.grants.values_list("scope", "granted_at"))
    return [
        _held(scope, by_scope.get(scope, []), uses, granted.get(scope, now), now - UNUSED_AFTER)
        for scope in credential.scopes
    ]


def _held(
    scope: str, operations: list[Operation], uses: dict[str, datetime], granted_at: datetime, edge: datetime
) -> HeldScope:
    last = max((uses[one.public_id] for one in operations if one.public_id in uses), default=None)
    return HeldScope(scope, last, granted_at < edge and (last is None or last < edge), operations)


@write
def narrow_key(credential: Credential, take_away: Iterable[str], *, actor: Actor, reason: str = "") -> None:
    """Take scopes away from a key. Raises Conflict where it lost one of them or used it meanwhile, ValidationError."""
    locked, gone = lock_changeable(credential), set(take_away)
    unused = {held.scope for held in held_scopes(locked, timezone.now()) if held.is_unused}
    if not gone:
        raise ValidationError("Every scope of this key is in use: nothing can be taken away.")
    if not gone <= unused:
        raise Conflict("The key's scopes or its use of them changed meanwhile. Look again.")
    changes = set_scopes(locked, [scope for scope in locked.scopes if scope not in gone])
    record_act(locked, NARROWED, changes, actor, reason)
    credential.refresh_from_db()


def undoable_narrowing(credential: Credential, now: datetime) -> list[str]:
    """The scopes that the key had before it was narrowed, while nothing else changed them; else none. One query."""
    narrowed = Event.objects.filter(object_id=credential.public_id, action=action_of(credential, NARROWED))
    last = narrowed.filter(at__gte=now - UNDO_WITHIN).order_by("-id").first()
    before, after = last.changes["scopes"] if last else ([], [])
    return list(before) if last and after == credential.scopes else []


@write
def undo_narrowing(credential: Credential, *, actor: Actor) -> None:
    """Give a key back exactly what the last narrowing took. Raises Conflict where its scopes changed since."""
    locked = lock_changeable(credential)
    before = undoable_narrowing(locked, timezone.now())
    if not before:
        raise Conflict("The key's scopes were changed since: there is nothing to take back.")
    record_act(locked, "narrowing_undone", set_scopes(locked, before), actor)
    credential.refresh_from_db()
