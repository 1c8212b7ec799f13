"""What lies ahead of versions that are on their way out, on each application's own dates. It comes with queries that
pages make anyway."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, F, FilteredRelation, IntegerField, OuterRef, Q, QuerySet, Subquery

from accounts.models import Application
from catalog.models import Brownout, State, Version


class Window(NamedTuple):
    """A brownout under way or to come."""

    starts_at: datetime
    ends_at: datetime


class Own(NamedTuple):
    """What one application has of its own in a version; see Extension."""

    sunset_at: datetime | None
    is_exempt: bool


class Ends:
    """Own dates by primary keys of version and application. Versions come with `with_next_brownout`."""

    def __init__(self, own: Mapping[tuple[int, int], Own]) -> None:
        self._own = own

    def brownout(self, version: Version, application: Application | None = None) -> Window | None:
        """The next one; None for an application that is exempt."""
        if version.next_starts_at is None or (application is not None and self._of(version, application).is_exempt):  # type: ignore[attr-defined]
            return None
        return Window(version.next_starts_at, version.next_ends_at)  # type: ignore[attr-defined]

    def sunset(self, version: Version, application: Application) -> datetime | None:
        """When it ends for the application: no sooner than for all. None where no end is set."""
        own = self._of(version, application).sunset_at
        if version.sunset_at is None or own is None:
            return version.sunset_at
        return max(version.sunset_at, own)

    def is_extended(self, version: Version, application: Application) -> bool:
        """Whether it ends later than for everybody."""
        return self.sunset(version, application) != version.sunset_at

    def is_over(self, version: Version, application: Application, now: datetime) -> bool:
        """Whether the application's calls are answered 410 for good."""
        if version.state == State.RETIRED and not self.is_extended(version, application):
            return True
        ends_at = self.sunset(version, application)
        return ends_at is not None and ends_at <= now

    def _of(self, version: Version, application: Application) -> Own:
        return self._own.get((version.pk, application.pk), Own(None, False))


def with_next_brownout(rows: QuerySet[Version], now: datetime) -> QuerySet[Version]:
    """Versions with `next_starts_at` and `next_ends_at` of their next brownout, which may be None, and the number
    `brownouts_ahead`."""
    ahead = Brownout.objects.filter(version=OuterRef("pk"), cancelled_at=None, ends_at__gt=now).order_by("starts_at")
    number = ahead.order_by().values("version").annotate(number=Count("pk")).values("number")
    return rows.annotate(
        next_starts_at=Subquery(ahead.values("starts_at")[:1]),
        next_ends_at=Subquery(ahead.values("ends_at")[:1]),
        brownouts_ahead=Subquery(number, output_field=IntegerField()),
    )


def with_own_dates(
    rows: QuerySet[Version], applications: Iterable[Application], now: datetime
) -> tuple[list[Version], Ends]:
    """The versions, each once, with their next brownout, and what the applications have of their own. One query."""
    ids = [application.pk for application in applications]
    joined = with_next_brownout(rows, now).annotate(
        own=FilteredRelation("extensions", condition=Q(extensions__application__in=ids)),
        own_application=F("own__application_id"),
        own_sunset_at=F("own__sunset_at"),
        own_exempt=F("own__is_exempt"),
    )
    versions: dict[int, Version] = {}
    own: dict[tuple[int, int], Own] = {}
    for row in joined:
        versions.setdefault(row.pk, row)
        if row.own_application is not None:
            own[row.pk, row.own_application] = Own(row.own_sunset_at, row.own_exempt)
    return list(versions.values()), Ends(own)
