"""What an application did in the last 24 hours."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count
from django.db.models.functions import TruncHour

from analytics.models import Call
from analytics.percentiles import NEWEST_CALLS, percentile_ms

HOURS = 24


class Hour(NamedTuple):
    """Calls of one clock hour (UTC). `failed` are all that were neither answered nor refused."""

    start: datetime
    answered: int
    refused: int
    failed: int


class Usage(NamedTuple):
    """24 clock hours, the running one last; milliseconds from the newest answered calls, None without any."""

    hours: list[Hour]
    median_ms: float | None
    p95_ms: float | None


def usage_24h(application: str, now: datetime) -> Usage:
    """Two queries, both from the index alone."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    calls = Call.objects.filter(application=application, at__gte=first)
    answered = calls.filter(outcome="answered").order_by("-at", "-id")[:NEWEST_CALLS]
    durations = sorted(answered.values_list("duration_us", flat=True))
    counts: dict[datetime, dict[str, int]] = {}
    grouped = calls.order_by().annotate(hour=TruncHour("at")).values_list("hour", "outcome").annotate(Count("pk"))
    for start, outcome, number in grouped:
        counts.setdefault(start, {})[outcome] = number
    hours = [_hour(start, counts.get(start, {})) for start in (first + timedelta(hours=n) for n in range(HOURS))]
    return Usage(hours, percentile_ms(durations, 50), percentile_ms(durations, 95))


def _hour(start: datetime, counts: dict[str, int]) -> Hour:
    answered, refused = counts.get("answered", 0), counts.get("refused", 0)
    return Hour(start, answered, refused, sum(counts.values()) - answered - refused)
