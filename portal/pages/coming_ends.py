"""Brownouts and sunsets to come of the versions that a reader may know of, for the status page."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from catalog.models import Brownout, Version
from plans.access import Reader, versions_open_to

AHEAD = timedelta(days=90)
MOST_SHOWN = 20


class Coming(NamedTuple):
    """What begins when; `until` is None for a sunset."""

    version: Version
    at: datetime
    until: datetime | None


def coming_ends(reader: Reader, now: datetime) -> list[Coming]:
    """Within 90 days, the next first. Two queries, one where no version is on its way out."""
    open_end = Q(sunset_at=None, deprecated_at__isnull=False)
    versions = list(versions_open_to(reader).filter(Q(sunset_at__gt=now) | open_end))
    ahead = Brownout.objects.filter(version__in=versions, cancelled_at=None, ends_at__gt=now) if versions else []
    by_id = {one.pk: one for one in versions}
    brownouts = [Coming(by_id[one.version_id], one.starts_at, one.ends_at) for one in ahead]
    sunsets = [Coming(one, one.sunset_at, None) for one in versions if one.sunset_at is not None]
    near = [one for one in [*brownouts, *sunsets] if one.at <= now + AHEAD]
    return sorted(near, key=lambda one: one.at)[:MOST_SHOWN]
