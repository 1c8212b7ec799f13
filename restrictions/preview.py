"""The blast radius of a restriction before it is applied: whom it would have met in 24 hours, from the call log.

One query groups the calls it meets by everything that a narrower choice could name; all figures are sums of groups.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q

from analytics.models import Call
from contract.records import Restriction
from contract.restrictions import REFUSED_BEFORE
from restrictions.masked_fields import changed_pairs
from restrictions.matching import condition
from restrictions.requirement_matching import DAY

HOUR, NOW = timedelta(hours=1), timedelta(minutes=5)
BLOCKED = ~Q(problem__in=sorted(REFUSED_BEFORE))
"""What a block changes: every call that was not refused for an earlier reason, be it answered or refused later."""
WITHHELD = Q(problem__in=["restricted", "sender-constraint-required", "condition-not-met"])
"""What a block or a condition refused. Another condition changes nothing there: blocks go before conditions, and of
conditions the one made first."""
MASKED = Q(outcome="answered", status__gte=200, status__lt=300)
"""What a mask can change: answers of which the document says what is in them."""


class Group(NamedTuple):
    """Calls of one key to one operation under one plan: in 24 hours, in the last five minutes, and those of the last
    hour that the restriction would have refused, or changed were it to mask."""

    organisation: str
    application: str
    credential: str
    plan: str
    api: str
    version: str
    operation: str
    day: int
    now: int
    blocked: int
    masked: int


AXES = Group._fields[:7]


class Radius(NamedTuple):
    """How many it meets: consumers are organisations; calls a minute over the last five."""

    organisations: int
    applications: int
    keys: int
    a_minute: float
    calls_24h: int


def groups_of(record: Restriction, now: datetime) -> list[Group]:
    """One query for all but a mask. For a mask three more, and only answers that show less are counted."""
    calls = Call.objects.filter(condition(record, now), at__gt=now - DAY, at__lte=now).order_by()
    rows = calls.values_list(*AXES).annotate(
        day=Count("pk"),
        now=Count("pk", filter=Q(at__gt=now - NOW)),
        blocked=Count("pk", filter=refusable(record.how) & Q(at__gt=now - HOUR)),
        masked_answers=Count("pk", filter=MASKED & Q(at__gt=now - HOUR)),
    )
    groups = [Group(*row) for row in rows]
    return _with_changed_masks(record, groups) if record.how == "mask" else groups


def _with_changed_masks(record: Restriction, groups: list[Group]) -> list[Group]:
    pairs = {(group.plan, group.operation) for group in groups if group.masked}
    changed = changed_pairs(record.masks, pairs)
    return [group if (group.plan, group.operation) in changed else group._replace(masked=0) for group in groups]


def refusable(how: str) -> Q:
    """Calls that a block or a condition would have answered otherwise, of those it meets."""
    return BLOCKED & ~WITHHELD if how == "require" else BLOCKED


def radius_of(groups: Sequence[Group]) -> Radius:
    """The sums of the groups."""
    return Radius(
        organisations=len({group.organisation for group in groups}),
        applications=len({group.application for group in groups}),
        keys=len({group.credential for group in groups}),
        a_minute=round(sum(group.now for group in groups) / (NOW.total_seconds() / 60), 1),
        calls_24h=sum(group.day for group in groups),
    )


def everybodys_calls(now: datetime) -> int:
    """All calls of 24 hours. One query, from the index alone."""
    return Call.objects.filter(at__gt=now - DAY, at__lte=now).order_by().count()


def changed_by(how: str, groups: Iterable[Group]) -> int:
    """Calls of the last hour that all but a throttle would have changed."""
    return sum(group.masked if how == "mask" else group.blocked for group in groups)


def busiest(groups: Iterable[Group], name: Callable[[Group], tuple[str, ...]]) -> tuple[str, ...] | None:
    """Which of the names had the most calls in 24 hours; None without any call or for an empty name."""
    calls: dict[tuple[str, ...], int] = {}
    for group in groups:
        calls[name(group)] = calls.get(name(group), 0) + group.day
    found = max(calls, key=lambda key: (calls[key], key), default=None)
    return found if found and all(found) else None
