"""Who calls a version: applications, keys and operations, from the call log."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Max, Q, QuerySet

from analytics.models import Call

WEEK = timedelta(days=7)


class CallerTotals(NamedTuple):
    """How many call, and how often."""

    applications: int
    keys: int
    calls: int


def callers_of(version: str, since: datetime) -> QuerySet[Call, dict[str, Any]]:
    """Rows of application, credential and operation with `calls` and `last_at`, the busiest first."""
    calls = Call.objects.filter(version=version, at__gte=since).order_by()
    rows = calls.values("application", "credential", "operation").annotate(calls=Count("pk"), last_at=Max("at"))
    return rows.order_by("-calls", "application", "credential", "operation")


def caller_totals(version: str, since: datetime) -> CallerTotals:
    """One query."""
    counts = Call.objects.filter(version=version, at__gte=since).aggregate(
        applications=Count("application", distinct=True), keys=Count("credential", distinct=True), calls=Count("pk")
    )
    return CallerTotals(**counts)


def calls_by_application(
    version: str, since: datetime, until: datetime, *, outcome: str = "", problem: str = ""
) -> dict[str, int]:
    """Calls to a version from a moment until before another. One query."""
    chosen = Q(**{name: value for name, value in (("outcome", outcome), ("problem", problem)) if value})
    calls = Call.objects.filter(chosen, version=version, at__gte=since, at__lt=until).order_by()
    return dict(calls.values_list("application").annotate(Count("pk")))


def calls_in_windows(version: str, windows: Sequence[tuple[datetime, datetime]], *, problem: str) -> list[int]:
    """For each window its calls with a problem. One query; none without windows."""
    if not windows:
        return []
    names = [f"window_{number}" for number in range(len(windows))]
    counts = {
        name: Count("pk", filter=Q(at__gte=since, at__lt=until))
        for name, (since, until) in zip(names, windows, strict=True)
    }
    first, last = min(since for since, _ in windows), max(until for _, until in windows)
    calls = Call.objects.filter(version=version, problem=problem, at__gte=first, at__lt=last)
    found = calls.aggregate(**counts)
    return [found[name] for name in names]
