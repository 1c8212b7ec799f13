"""Quota windows: calendar days and months in UTC, or the same anchored to the moment a subscription began."""

import calendar
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

Period = Literal["day", "month"]


class Window(NamedTuple):
    """Half open: start_ms ≤ t < end_ms, milliseconds since the epoch."""

    start_ms: int
    end_ms: int


def window_at(period: Period, now_ms: int, anchor_ms: int = 0) -> Window:
    """The window that holds `now_ms`. An anchor on the 31st falls on the last day of shorter months."""
    return _day(now_ms, anchor_ms) if period == "day" else _month(now_ms, anchor_ms)


_DAY_MS = 86_400_000


def _day(now_ms: int, anchor_ms: int) -> Window:
    start = now_ms - (now_ms - anchor_ms) % _DAY_MS
    return Window(start, start + _DAY_MS)


def _month(now_ms: int, anchor_ms: int) -> Window:
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    anchor = datetime.fromtimestamp(anchor_ms / 1000, UTC)
    index = now.year * 12 + now.month - 1
    if _to_ms(_month_start(index, anchor)) > now_ms:
        index -= 1
    return Window(_to_ms(_month_start(index, anchor)), _to_ms(_month_start(index + 1, anchor)))


def _month_start(index: int, anchor: datetime) -> datetime:
    year, month0 = divmod(index, 12)
    day = min(anchor.day, calendar.monthrange(year, month0 + 1)[1])
    return anchor.replace(year=year, month=month0 + 1, day=day)


def _to_ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
