"""Which versions an application calls."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Max, Q

from analytics.models import Call

WEEK = timedelta(days=7)
DAY = timedelta(hours=24)


class VersionCalls(NamedTuple):
    """`version` is a public id."""

    version: str
    last_24h: int
    last_7d: int
    last_at: datetime


def versions_called(application: str, now: datetime) -> list[VersionCalls]:
    """The versions called in the last seven days, the most called first. One query."""
    calls = Call.objects.filter(application=application, at__gte=now - WEEK).exclude(version="").order_by()
    counted = calls.values_list("version").annotate(
        last_24h=Count("pk", filter=Q(at__gte=now - DAY)), last_7d=Count("pk"), last_at=Max("at")
    )
    rows = [VersionCalls(*row) for row in counted]
    return sorted(rows, key=lambda row: (-row.last_24h, -row.last_7d, row.version))
