"""The writes on restrictions: apply, lift, change the end, undo, and note what is over."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from audit.actors import SYSTEM, Actor
from audit.locks import wait_for_turn
from audit.models import Event
from audit.personal import told
from audit.writing import Conflict, changed_fields, record_event, write
from contract import records
from contract.valkey_keys import RESTRICTIONS_MAX
from restrictions.checks import check_restriction, check_times, checked_advice, checked_reason
from restrictions.models import Restriction
from restrictions.records import columns_of, record_of
from restrictions.requirement_words import requirement_words
from restrictions.subjects import subjects_of

MOST_RETIRED_AT_ONCE = 500
STATE_FIELDS = ("ends_at", "lifted_at", "lifted_by", "lift_reason")
"""What the acts after applying change, and undo restores."""
_TIMES = ("ends_at", "lifted_at")


def apply_restriction(
    record: records.Restriction,
    *,
    actor: Actor,
    reason: str,
    advice: str = "",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    may_be_everyone: bool = False,
    submission: str = "",
) -> Restriction:
    """Bring a restriction into force. Of `record` counts who, what and how.

    The same `submission` a second time answers with the first one's restriction. Raises ValidationError.
    """
    columns = columns_of(record)
    if made := _submitted(submission):
        return made
    check_restriction(record, may_be_everyone=may_be_everyone)
    check_times(starts_at, ends_at, timezone.now())
    subjects_of(record)
    columns |= {"reason": checked_reason(reason), "advice": checked_advice(advice)}
    columns |= {"starts_at": starts_at, "ends_at": ends_at, "submission": submission or None}
    try:
        return _apply(columns, actor=actor)
    except Conflict:
        if made := _submitted(submission):
            return made
        raise


def _submitted(submission: str) -> Restriction | None:
    return Restriction.objects.filter(submission=submission).first() if submission else None


@write
def _apply(columns: dict[str, Any], *, actor: Actor) -> Restriction:
    _refuse_too_many()
    made = Restriction.objects.create(**columns, created_by=actor.kept[:254])
    shown = {name: [None, _plain(value)] for name, value in columns.items() if value and name not in _NOT_SHOWN}
    if requirement := record_of(made).requirement:
        shown["requirement"] = [None, "; ".join(requirement_words(requirement))]
    _record(made, "restriction.applied", shown, actor, made.reason)
    return made


_NOT_SHOWN = frozenset({"submission", "reason"})


def _refuse_too_many() -> None:
    """Those who add one count one after the other: together they could get past the limit."""
    wait_for_turn("restrictions")
    if Restriction.objects.standing(timezone.now()).count() >= RESTRICTIONS_MAX:
        raise Conflict(f"There are {RESTRICTIONS_MAX:,} restrictions, as many as gateways hold. Lift some first.")


@write
def lift_restriction(restriction: Restriction, *, actor: Actor, reason: str) -> None:
    """Take it back: what it withheld is there again. Raises Conflict where it is lifted or over."""
    found = _standing(restriction)
    after = {"lifted_at": timezone.now(), "lifted_by": actor.kept[:254], "lift_reason": checked_reason(reason)}
    _change(found, restriction, after, "restriction.lifted", actor, after["lift_reason"])


@write
def change_end(restriction: Restriction, ends_at: datetime | None, *, actor: Actor, reason: str) -> None:
    """Extend or shorten it; None is until lifted. Raises Conflict where it is lifted or over."""
    found = _standing(restriction)
    check_times(found.starts_at, ends_at, timezone.now())
    _change(found, restriction, {"ends_at": ends_at}, "restriction.end_changed", actor, checked_reason(reason))


@write
def undo(restriction: Restriction, act: str, *, actor: Actor) -> None:
    """Take back the last act, named by its event's public id: the state before it is restored exactly, and what was
    undone can be undone. Raises Conflict where something was done since."""
    found = _locked(restriction)
    event = last_act(found)
    if event is None or event.public_id != act:
        raise Conflict("Something was done to it since. Look again.")
    before = state_before(event, found, actor)
    if found.lifted_at is not None and before["lifted_at"] is None:
        _refuse_too_many()
    _change(found, restriction, before, "restriction.undone", actor, f"Undoes {event.action}")


def last_act(restriction: Restriction) -> Event | None:
    """The newest act, unless it ended by itself since: an end cannot be undone."""
    events = Event.objects.filter(object_kind="restriction", object_id=restriction.public_id)
    event = events.order_by("-id").first()
    return None if event is None or event.action == "restriction.ended" else event


def state_before(event: Event, restriction: Restriction, actor: Actor) -> dict[str, Any]:
    """The fields of the state as they were before an act. Before it was applied, it was not in force: lifted."""
    if event.action == "restriction.applied":
        return {"lifted_at": timezone.now(), "lifted_by": actor.kept[:254], "lift_reason": "Undone"}
    before, changes = {name: getattr(restriction, name) for name in STATE_FIELDS}, told(event)
    return before | {name: _read(name, changes[name][0]) for name in STATE_FIELDS if name in changes}


def _read(name: str, kept: Any) -> Any:
    return parse_datetime(kept) if name in _TIMES and kept else kept


def retire_ended() -> int:
    """Note each restriction that is over, so that gateways forget it; answers how many. It ended by itself before."""
    over = Restriction.objects.filter(lifted_at=None, retired_at=None, ends_at__lte=timezone.now())
    ended = list(over.order_by("ends_at")[:MOST_RETIRED_AT_ONCE])
    for restriction in ended:
        with suppress(Conflict):
            _retire(restriction)
    return len(ended)


@write
def _retire(restriction: Restriction) -> None:
    found = _locked(restriction)
    if found.state != "ended":
        raise Conflict
    Restriction.objects.filter(pk=found.pk).update(retired_at=timezone.now())
    _record(found, "restriction.ended", {}, SYSTEM)


def _standing(restriction: Restriction) -> Restriction:
    found = _locked(restriction)
    if found.state in ("lifted", "ended"):
        raise Conflict(f"{found} is {found.state} already.")
    return found


def _locked(restriction: Restriction) -> Restriction:
    return Restriction.objects.select_for_update().get(pk=restriction.pk)


def _change(
    found: Restriction, given: Restriction, values: dict[str, Any], action: str, actor: Actor, reason: str
) -> None:
    changes = changed_fields(found, values)
    found.save(update_fields=list(values))
    for name in values:
        setattr(given, name, values[name])
    _record(found, action, changes, actor, reason)


def _record(restriction: Restriction, action: str, changes: dict[str, Any], actor: Actor, reason: str = "") -> None:
    """No organisation stands on the event: it would show the reason, which is internal, to those it is about."""
    publishes = [("restriction", restriction.public_id)]
    record_event(actor, action, restriction, changes=changes, reason=reason, publishes=publishes)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
