"""What the page of a new restriction shows of the log: blast radius, narrower choices, the replay of the last hour."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from analytics.models import Call
from contract.records import Restriction
from portal.staff.restrict_address import address_of
from portal.staff.restrict_query import Asked
from restrictions.alternatives import Alternative, alternatives
from restrictions.preview import HOUR, Group, Radius, changed_by, everybodys_calls, groups_of, radius_of
from restrictions.replay import calls_numbered, newest_changed, throttled
from restrictions.subjects import names_in_bulk
from restrictions.words import pace_words

SHOWN_CALLS = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = [
    ("Keys", "keys"),
    ("Calls in 24 h", "calls in 24 h"),
    ("Otherwise, last hour", "otherwise in the last hour"),
]
_WOULD_BE = {"block": "403 Restricted", "throttle": "429 Too many", "mask": "Masked", "require": "403 Not met"}


def preview_of(asked: Asked, about: Sequence[str], now: datetime) -> dict[str, Any]:
    """What the template draws. Five queries for a block or a mask, four for a throttle; one more for names."""
    record = asked.record
    groups = groups_of(record, now)
    number, calls, since = _replay(record, groups, now)
    others = alternatives(record, groups, now)
    radius = radius_of(groups)
    known = {subject.id: subject.name for subject in asked.known.values()}
    at = (now - _EPOCH) // timedelta(microseconds=1)
    return {
        "as_of": now,
        "figures": _figures(radius),
        "calm": _calm(record, radius, now),
        "choices": {"columns": _COLUMNS, "rows": _rows(record, groups, number, others, known, about)},
        "number": number,
        "calls": [(call, _would_be(record, call)) for call in calls],
        "since": since,
        "export_url": f"{address_of(record, view='restriction_replay')}&at={at}",
    }


def _replay(record: Restriction, groups: Sequence[Group], now: datetime) -> tuple[int, list[Call], datetime]:
    """How many calls would have answered otherwise, the newest of them, and since when they were counted."""
    if record.throttle is not None:
        refused = throttled(record, now)
        return len(refused.numbers), calls_numbered(refused.numbers[:SHOWN_CALLS]), refused.since
    return changed_by(record.how, groups), newest_changed(record, groups, now, SHOWN_CALLS), now - HOUR


def _would_be(record: Restriction, call: Call) -> str:
    needs_bound = record.requirement is not None and record.requirement.dpop
    return "401 Not bound" if needs_bound and not call.bound else _WOULD_BE[record.how]


def _figures(radius: Radius) -> list[tuple[str, str, str]]:
    return [
        ("Consumers", f"{radius.organisations:,}", ""),
        ("Applications", f"{radius.applications:,}", ""),
        ("Keys", f"{radius.keys:,}", ""),
        ("Calls a minute now", f"{radius.a_minute:,g}", ""),
        ("Calls in 24 hours", f"{radius.calls_24h:,}", ""),
    ]


def _calm(record: Restriction, radius: Radius, now: datetime) -> str:
    if record.how == "mask":
        return "a mask refuses nobody, and whom it does not meet gets every value."
    everybodys = everybodys_calls(now)
    if not everybodys:
        return "no call at all in 24 hours."
    others = everybodys - radius.calls_24h
    return f"{others:,} of {everybodys:,} calls in 24 hours, {100 * others / everybodys:.2f} %, answer as before."


def _rows(
    record: Restriction,
    groups: Sequence[Group],
    number: int,
    others: Sequence[Alternative],
    known: dict[str, str],
    about: Sequence[str],
) -> list[dict[str, Any]]:
    keys, day = len({group.credential for group in groups}), sum(group.day for group in groups)
    names = known | _names_besides(others, known)
    chosen = {"name": "This choice", "is_chosen": True, "values": _values(keys, day, number)}
    narrower = [
        {
            "name": _name(each, names),
            "url": address_of(each.record, about),
            "values": _values(each.keys, each.calls_24h, each.changed_1h),
        }
        for each in others
    ]
    return [chosen, *narrower, *_masking(record, groups, about)]


def _names_besides(others: Sequence[Alternative], known: dict[str, str]) -> dict[str, str]:
    """What the busiest are called, where the page does not know it yet."""
    values = {getattr(each.record, axis) for each in others for axis in each.kind.split() if axis in _NAMED}
    return names_in_bulk(each.record for each in others) if values - known.keys() else {}


_NAMED = frozenset({"application", "credential", "operation"})
_PREFIX = {"application": "Only application", "credential": "Only the key", "operation": "Only"}


def _name(each: Alternative, names: dict[str, str]) -> str:
    record = each.record
    if each.kind == "networks":
        return f"Only from {record.networks[0]}"
    if record.throttle is not None and each.kind == "throttle":
        return f"Throttle to {pace_words(record.throttle)} instead"
    axes = each.kind.split()
    words = [names.get(getattr(record, axis), getattr(record, axis)) for axis in axes]
    return f"{_PREFIX[axes[0]]} " + " on ".join(words)


def _masking(record: Restriction, groups: Sequence[Group], about: Sequence[str]) -> list[dict[str, Any]]:
    """Instead of a block: nobody is refused, and at most the successful answers change."""
    if record.how != "block" or not record.operation:
        return []
    url = address_of(record, about).replace("how=block", "how=mask")
    answers = sum(group.masked for group in groups)
    keys, day = len({group.credential for group in groups}), sum(group.day for group in groups)
    note = "Refuses nobody; choose the fields next"
    return [{"name": "Mask fields instead", "note": note, "url": url, "values": _values(keys, day, answers)}]


def _values(keys: int, day: int, changed: int) -> list[tuple[str, str]]:
    units = ["key" if keys == 1 else "keys", *(unit for _, unit in _COLUMNS[1:])]
    return list(zip((f"{keys:,}", f"{day:,}", f"{changed:,}"), units, strict=True))
