"""What a condition asks of a call: the one definition, by which gateways act and the portal previews and replays.

Every part that a requirement names must hold. What cannot be read, be it a network, a role or a time zone, is not met.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Literal
from zoneinfo import ZoneInfo

from contract.records import Requirement, Window
from contract.restrictions import Facts, read_address, read_network

Part = Literal["networks", "dpop", "roles", "windows"]
PARTS: tuple[Part, ...] = ("networks", "dpop", "roles", "windows")
Span = tuple[int, int]
"""From a millisecond until before another."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS
_THURSDAY = 3
"""The weekday of the epoch."""
_DAYS_AHEAD = 8
"""A window of one weekday comes round within them, unless its hour is skipped as the clock is set."""


def named(requirement: Requirement) -> tuple[Part, ...]:
    """The parts that it asks for; one that names none says nothing."""
    return tuple(part for part in PARTS if getattr(requirement, part))


def unmet(requirement: Requirement, facts: Facts) -> tuple[Part, ...]:
    """The parts that a call does not meet at its moment."""
    return tuple(part for part in named(requirement) if not _is_met(part, requirement, facts))


def _is_met(part: Part, requirement: Requirement, facts: Facts) -> bool:
    if part == "networks":
        return _is_within(facts.address, requirement.networks)
    if part == "dpop":
        return facts.is_bound
    if part == "roles":
        return facts.role != "" and facts.role in requirement.roles
    return _is_open(requirement, facts.at_ms)


def _is_within(text: str, networks: tuple[str, ...]) -> bool:
    address = read_address(text)
    if address is None:
        return False
    return any(network is not None and address in network for network in map(read_network, networks))


def _is_open(requirement: Requirement, at_ms: int) -> bool:
    zone = read_zone(requirement.timezone)
    if zone is None:
        return False
    local = (_EPOCH + at_ms * _MILLISECOND).astimezone(zone)
    minute = local.hour * 60 + local.minute
    return any(
        local.weekday() in window.weekdays and window.starts_minute <= minute < window.ends_minute
        for window in requirement.windows
    )


@lru_cache(maxsize=1000)
def read_zone(name: str) -> ZoneInfo | None:
    """None for what names no time zone."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None


def next_turn_ms(requirement: Requirement, at_ms: int) -> int | None:
    """When a window opens or closes next, or a week later where none does; None where there are no windows."""
    if not requirement.windows:
        return None
    for days in range(1, _DAYS_AHEAD + 1):
        until_ms = at_ms + days * _DAY_MS
        spans = windows_between(requirement, at_ms, until_ms)
        turns = [edge for span in spans for edge in span if at_ms < edge < until_ms]
        if turns:
            return turns[0]
    return until_ms


def windows_between(requirement: Requirement, since_ms: int, until_ms: int) -> list[Span]:
    """When its windows are open within a span of time, in order and apart; all of it where there are none."""
    if not requirement.windows:
        return [(since_ms, until_ms)]
    days = range(since_ms // _DAY_MS, -(-until_ms // _DAY_MS))
    spans = (span for day in days for span in _open_on(requirement.windows, requirement.timezone, day))
    clipped = ((max(start, since_ms), min(end, until_ms)) for start, end in spans)
    return _joined(span for span in clipped if span[0] < span[1])


@lru_cache(maxsize=2000)
def _open_on(windows: tuple[Window, ...], timezone: str, day: int) -> tuple[Span, ...]:
    """When any of them is open on a day of UTC, counted from the epoch."""
    zone = read_zone(timezone)
    if zone is None:
        return ()
    stretches = _even_stretches(zone, day * _DAY_MS, (day + 1) * _DAY_MS)
    found = (span for window in windows for stretch in stretches for span in _open_in(window, *stretch))
    return tuple(_joined(sorted(found)))


def _even_stretches(zone: ZoneInfo, since_ms: int, until_ms: int) -> list[tuple[int, int, int]]:
    """From, until, and by how much the clock on the wall is ahead of UTC meanwhile."""
    found, start = [], since_ms
    for hour in range(since_ms, until_ms, _HOUR_MS):
        ahead = _ahead_ms(zone, start)
        if _ahead_ms(zone, hour + _HOUR_MS - 1) != ahead:
            moments = range(hour, hour + _HOUR_MS)
            turn = hour + bisect_left(moments, True, key=partial(_is_turned, zone, ahead))
            found.append((start, turn, ahead))
            start = turn
    return [*found, (start, until_ms, _ahead_ms(zone, start))]


def _is_turned(zone: ZoneInfo, ahead_ms: int, at_ms: int) -> bool:
    return _ahead_ms(zone, at_ms) != ahead_ms


def _ahead_ms(zone: ZoneInfo, at_ms: int) -> int:
    offset = (_EPOCH + at_ms * _MILLISECOND).astimezone(zone).utcoffset()
    assert offset is not None
    return offset // _MILLISECOND


def _open_in(window: Window, since_ms: int, until_ms: int, ahead_ms: int) -> Iterator[Span]:
    """The window's spans while the clock stands so much ahead."""
    for day in range((since_ms + ahead_ms) // _DAY_MS, (until_ms + ahead_ms) // _DAY_MS + 1):
        if (day + _THURSDAY) % 7 in window.weekdays:
            midnight_ms = day * _DAY_MS - ahead_ms
            start = max(midnight_ms + max(window.starts_minute, 0) * _MINUTE_MS, since_ms)
            end = min(midnight_ms + min(window.ends_minute, 1440) * _MINUTE_MS, until_ms)
            if start < end:
                yield start, end


def _joined(spans: Iterator[Span] | list[Span]) -> list[Span]:
    """Such as touch or overlap are one; they come in the order of their starts."""
    found: list[Span] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
