"""The writes on a version's life: move it on or back, date its operations, and take the last act back."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from audit.actors import Actor
from audit.models import Event
from audit.personal import told
from audit.writing import Conflict, changed_fields, record_event, write
from catalog.lifecycle import Facts, check_needs, move_between
from catalog.models import Operation, State, Version
from catalog.writes import check_version

STATE_FIELDS = ("state", "deprecated_at", "sunset_at")
"""What moves change, and undo restores."""
ACTS = {"version.moved": "moved", "version.move_undone": "last move undone"}
_TIMES = ("deprecated_at", "sunset_at")


@write
def move_version(
    version: Version,
    to: str,
    *,
    actor: Actor,
    reason: str = "",
    calls: int = 0,
    typed: str = "",
    deprecated_at: datetime | None = None,
    sunset_at: datetime | None = None,
    successor: Version | None = None,
) -> Version:
    """Move a version to another state, or a deprecated one to other dates. `calls` are those of the last seven days.

    Raises ValidationError where the table has no such way or a need is not met, Conflict where it moved meanwhile.
    """
    found = _locked(version)
    move = move_between(found.state, to)
    has_operations = to != State.LIVE or found.operations.exists()
    check_needs(move, Facts(found, has_operations, calls, typed))
    values = _values_after(found, State(to), deprecated_at, sunset_at, timezone.now())
    if move.has_dates:
        values["successor"] = successor
    if to == State.LIVE:
        found.brownouts.filter(cancelled_at=None, ends_at__gt=timezone.now()).update(cancelled_at=timezone.now())
    _change(found, values, "version.moved", actor, reason)
    return found


def _values_after(
    version: Version, to: State, deprecated_at: datetime | None, sunset_at: datetime | None, now: datetime
) -> dict[str, Any]:
    """State and dates. What is retired has been deprecated, and its end has come; what lives has neither date."""
    if to == State.DEPRECATED:
        return {"state": to, "deprecated_at": deprecated_at or now, "sunset_at": sunset_at}
    if to == State.RETIRED:
        end = version.sunset_at if version.sunset_at is not None and version.sunset_at < now else now
        begin = version.deprecated_at if version.deprecated_at is not None and version.deprecated_at < end else end
        return {"state": to, "deprecated_at": begin, "sunset_at": end}
    return {"state": to, "deprecated_at": None, "sunset_at": None}


@write
def undo_move(version: Version, act: str, *, actor: Actor) -> None:
    """Take back the last move, named by its event's public id: state and dates as they were, and what was undone can be
    undone. Raises Conflict where the version was changed since."""
    found = _locked(version)
    event = last_move(found)
    if event is None or event.public_id != act or not _stands(event, found):
        raise Conflict("It was changed since. Look again.")
    before = {name: _read(name, pair[0]) for name, pair in told(event).items() if name in STATE_FIELDS}
    _change(found, before, "version.move_undone", actor, f"Undoes {event.public_id}")


def last_move(version: Version) -> Event | None:
    """The newest move. One query."""
    return moves_of(version).first()


def moves_of(version: Version) -> Any:
    """The events of its moves, the newest first."""
    rows = Event.objects.filter(object_kind="version", object_id=version.public_id, action__in=ACTS)
    return rows.order_by("-id")


def _stands(event: Event, version: Version) -> bool:
    """Whether what the act left is still there."""
    after = {name: _read(name, pair[1]) for name, pair in told(event).items() if name in STATE_FIELDS}
    return all(getattr(version, name) == value for name, value in after.items())


def _read(name: str, kept: Any) -> Any:
    return parse_datetime(kept) if name in _TIMES and kept else kept


def _locked(version: Version) -> Version:
    return Version.objects.select_for_update(of=("self",)).select_related("api").get(pk=version.pk)


def _change(found: Version, values: dict[str, Any], action: str, actor: Actor, reason: str) -> None:
    changes = changed_fields(found, values)
    if not changes:
        raise ValidationError("Nothing would change.")
    check_version(found)
    found.save(update_fields=[*changes])
    publishes = [("version", found.public_id), ("api", found.api.slug)]
    record_event(actor, action, found, changes=changes, reason=reason, publishes=publishes)


@write
def date_operation(
    operation: Operation, *, deprecated_at: datetime | None, sunset_at: datetime | None, actor: Actor
) -> None:
    """Give an operation dates of its own, or none. Raises ValidationError."""
    if sunset_at is not None and (deprecated_at is None or sunset_at < deprecated_at):
        raise ValidationError({"sunset_at": "What ends is deprecated before: the sunset lies before the deprecation."})
    found = Operation.objects.select_for_update(of=("self",)).select_related("version__api").get(pk=operation.pk)
    changes = changed_fields(found, {"deprecated_at": deprecated_at, "sunset_at": sunset_at})
    found.save(update_fields=["deprecated_at", "sunset_at"])
    record_event(
        actor,
        "operation.dated",
        found,
        changes=changes,
        publishes=[("operation", found.public_id), ("version", found.version.public_id)],
    )
