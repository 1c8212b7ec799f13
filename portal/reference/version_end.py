"""What a version's page says of its end to whoever reads it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from accounts.models import Application
from catalog.ends import Ends, Window
from catalog.models import Version


class VersionEnd(NamedTuple):
    """`extended` are the reader's applications with a later end, `exempt` those without brownouts. `brownout` is the
    next one, after which come `more`."""

    extended: list[tuple[Application, datetime | None]]
    exempt: list[Application]
    brownout: Window | None
    is_under_way: bool
    more: int


def end_of(version: Version, applications: Sequence[Application], ends: Ends, now: datetime) -> VersionEnd | None:
    """None for a version that stays."""
    if not version.is_ageing:
        return None
    brownout = ends.brownout(version)
    return VersionEnd(
        [(one, ends.sunset(version, one)) for one in applications if ends.is_extended(version, one)],
        [one for one in applications if brownout and ends.brownout(version, one) is None],
        brownout,
        brownout is not None and brownout.starts_at <= now,
        (version.brownouts_ahead or 1) - 1,  # type: ignore[attr-defined]
    )
