"""Figures over all calls of a span of time."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Q

from analytics.models import Call
from analytics.percentiles import NEWEST_CALLS, percentile_ms

FAILED = ("failed", "withheld", "unknown")


class Totals(NamedTuple):
    """Numbers of calls, and milliseconds below which 95 of 100 newest answered calls stayed (None without any)."""

    calls: int
    refused: int
    failed: int
    p95_ms: float | None


def totals_since(moment: datetime) -> Totals:
    """Two queries."""
    counts = Call.objects.filter(at__gte=moment).aggregate(
        calls=Count("pk"),
        refused=Count("pk", filter=Q(outcome="refused")),
        failed=Count("pk", filter=Q(outcome__in=FAILED)),
    )
    newest = Call.objects.filter(at__gte=moment, outcome="answered").order_by("-at", "-id")[:NEWEST_CALLS]
    return Totals(**counts, p95_ms=percentile_ms(sorted(newest.values_list("duration_us", flat=True)), 95))


def calls_by(column: str, values: Iterable[str], since: datetime) -> dict[str, int]:
    """How many calls each value of a column had since then. One query; values without a call are missing."""
    rows = Call.objects.filter(at__gte=since, **{f"{column}__in": list(values)})
    return dict(rows.order_by().values_list(column).annotate(Count("pk")))
