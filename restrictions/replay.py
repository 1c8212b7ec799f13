"""The last hour once more with a restriction in force: exactly the calls that would have answered otherwise.

A block changes all it meets but those that were refused for an earlier reason; a condition also not those that a block
or an earlier condition refused. A throttle is counted over the calls
that were admitted; refused ones spend nothing. A mask changes successful answers with a documented field that the plan
shows more of.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db.models import Q, QuerySet

from analytics.models import Call
from contract.records import Restriction
from restrictions.gcra import Throttled
from restrictions.masked_fields import Pair, changed_pairs
from restrictions.matching import condition
from restrictions.preview import HOUR, MASKED, Group, refusable

MOST_COUNTED = 200_000
"""Calls that a throttle is counted over; of more, the newest."""
CHUNK_ROWS = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Refused(NamedTuple):
    """Numbers of the calls that a throttle would have refused, the newest first, and since when it was counted: later
    than an hour ago where there were too many."""

    numbers: list[int]
    since: datetime


def newest_changed(record: Restriction, groups: Iterable[Group], now: datetime, most: int) -> list[Call]:
    """For all but a throttle. `groups` are the record's own: they say which answers a mask changes. One query."""
    pairs = {(group.plan, group.operation) for group in groups if group.masked}
    return list(_changed(record, now, pairs)[:most])


def _changed(record: Restriction, now: datetime, pairs: Iterable[Pair]) -> QuerySet[Call]:
    calls = _of_the_hour(record, now)
    return calls.filter(MASKED & _of_pairs(pairs)) if record.how == "mask" else calls.filter(refusable(record.how))


def _of_the_hour(record: Restriction, now: datetime) -> QuerySet[Call]:
    calls = Call.objects.filter(condition(record, now), at__gt=now - HOUR, at__lte=now)
    return calls.order_by("-at", "-id")


def _of_pairs(pairs: Iterable[Pair]) -> Q:
    """By plan, so that the condition grows with the plans, not with the pairs."""
    by_plan: dict[str, list[str]] = {}
    for plan, operation in sorted(pairs):
        by_plan.setdefault(plan, []).append(operation)
    found = Q(pk__in=[])
    for plan, operations in by_plan.items():
        found |= Q(plan=plan, operation__in=operations)
    return found


def throttled(record: Restriction, now: datetime) -> Refused:
    """Count a throttle over the calls that it meets. One query."""
    assert record.throttle is not None
    calls = _of_the_hour(record, now).exclude(outcome="refused")
    rows = list(calls.values_list("pk", "organisation", "at")[: MOST_COUNTED + 1])
    since = rows.pop()[2] if len(rows) > MOST_COUNTED else now - HOUR
    counter = Throttled(record.throttle)
    refused = [
        number
        for number, organisation, at in reversed(rows)
        if not counter.admits(organisation, (at - _EPOCH) // _MILLISECOND)
    ]
    return Refused(refused[::-1], since)


def calls_numbered(numbers: list[int]) -> list[Call]:
    """The newest first. One query."""
    return list(Call.objects.filter(pk__in=numbers).order_by("-at", "-id"))


def every_changed_call(record: Restriction, now: datetime) -> Iterator[Call]:
    """All of them for a download, the newest first; but for a throttle memory does not grow with their number."""
    if record.throttle is None:
        yield from _changed(record, now, _pairs_of_the_hour(record, now)).iterator(chunk_size=CHUNK_ROWS)
        return
    numbers = throttled(record, now).numbers
    for start in range(0, len(numbers), CHUNK_ROWS):
        yield from calls_numbered(numbers[start : start + CHUNK_ROWS])


def _pairs_of_the_hour(record: Restriction, now: datetime) -> set[Pair]:
    if record.how != "mask":
        return set()
    answers = _of_the_hour(record, now).filter(MASKED).order_by()
    return changed_pairs(record.masks, set(answers.values_list("plan", "operation").distinct()))
