"""What applications have been doing, for pages that show several at once: one query each, however many they are."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Max
from django.db.models.functions import TruncHour

from analytics.models import Call

HOURS = 24


class VersionTraffic(NamedTuple):
    """Calls of an application to a version, by public ids."""

    application: str
    version: str
    calls: int
    last_at: datetime


class Refusals(NamedTuple):
    """Refused calls of an application with one problem."""

    application: str
    problem: str
    calls: int


def hourly_calls(applications: Collection[str], now: datetime) -> dict[str, list[int]]:
    """By application, the calls of each of the last 24 clock hours, the running one last."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    rows = Call.objects.filter(application__in=applications, at__gte=first).order_by()
    counted = rows.annotate(hour=TruncHour("at")).values_list("application", "hour").annotate(Count("pk"))
    hours = {application: [0] * HOURS for application in applications}
    for application, hour, calls in counted:
        index = (hour - first) // timedelta(hours=1)
        if 0 <= index < HOURS:
            hours[application][index] = calls
    return hours


def refusals_since(applications: Collection[str], since: datetime) -> list[Refusals]:
    """The most frequent first."""
    rows = Call.objects.filter(application__in=applications, at__gte=since, outcome="refused").order_by()
    counted = rows.values_list("application", "problem").annotate(calls=Count("pk")).order_by("-calls", "problem")
    return [Refusals(*row) for row in counted]


def traffic_of_versions(
    applications: Collection[str], versions: Collection[str], since: datetime
) -> list[VersionTraffic]:
    """Calls to any of the versions; the most frequent first."""
    rows = Call.objects.filter(application__in=applications, version__in=versions, at__gte=since).order_by()
    counted = rows.values_list("application", "version").annotate(calls=Count("pk"), last_at=Max("at"))
    return [VersionTraffic(*row) for row in counted.order_by("-calls", "application")]
