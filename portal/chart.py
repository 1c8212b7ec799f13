"""A day of calls as bars: x in percent, y in pixels, so that text never scales. Drawn by components/figure.html."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from analytics.usage import HOURS, Hour, Usage

ANSWERED_PIXELS, OTHER_PIXELS = 144, 48
_SLOT_PERCENT, _GAP_PERCENT, _BAR_PERCENT = 100 / HOURS, 0.583, 3.0
_GRID_LINES = 3
_LABEL_HOURS = 3


class Bar(NamedTuple):
    """`kind` is answered, now (the hour under way), refused or failed."""

    kind: str
    x: str
    y: int
    height: int


class Label(NamedTuple):
    """A number beside the bar that matters; it stands on the side that has room."""

    kind: str
    x: str
    y: int
    anchor: str
    text: str


class Chart(NamedTuple):
    """`scale` are the numbers at the grid lines, from the top down."""

    height: int
    scale: list[int]
    lines: list[int]
    bars: list[Bar]
    labels: list[Label]


class DayChart(NamedTuple):
    """Two charts of the same hours, what they say in words, and the figures above them."""

    answered: Chart
    others: Chart
    clock_hours: list[str]
    summary: str
    others_summary: str
    totals: dict[str, int]
    usage: Usage
    until: datetime


def day_chart(usage: Usage, now: datetime) -> DayChart:
    """From hourly counts, the running hour last."""
    totals = {name: sum(getattr(hour, name) for hour in usage.hours) for name in ("answered", "refused", "failed")}
    return DayChart(
        answered=_answered(usage.hours),
        others=_others(usage.hours),
        clock_hours=[f"{hour.start:%H}" for hour in usage.hours[::_LABEL_HOURS]],
        summary=_peak_words(usage.hours),
        others_summary=f"{totals['refused']:,} refused and {totals['failed']:,} failed",
        totals={"calls": sum(totals.values()), **totals},
        usage=usage,
        until=now,
    )


def round_step(most: int, parts: int) -> int:
    """The least of 1, 2, 5, 10, 20, … of which `parts` reach `most`."""
    step = 1
    while step * parts < most:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return step


def _answered(hours: Sequence[Hour]) -> Chart:
    step = round_step(max(hour.answered for hour in hours), _GRID_LINES)
    top = step * _GRID_LINES
    bars = []
    for index, hour in enumerate(hours):
        kind = "now" if index == HOURS - 1 else "answered"
        bars += _bar(kind, index, hour.answered, 0, ANSWERED_PIXELS / top, ANSWERED_PIXELS)
    scale = [step * part for part in range(_GRID_LINES, -1, -1)]
    lines = [ANSWERED_PIXELS * part // _GRID_LINES for part in range(_GRID_LINES + 1)]
    return Chart(ANSWERED_PIXELS, scale, lines, bars, [])


def _others(hours: Sequence[Hour]) -> Chart:
    """Refused stands on the base line, failed on top of it."""
    top = round_step(max(hour.refused + hour.failed for hour in hours), 1)
    unit = OTHER_PIXELS / top
    bars = []
    for index, hour in enumerate(hours):
        refused = _bar("refused", index, hour.refused, 0, unit, OTHER_PIXELS)
        bars += refused
        bars += _bar("failed", index, hour.failed, sum(bar.height for bar in refused), unit, OTHER_PIXELS)
    return Chart(OTHER_PIXELS, [top, 0], [0, OTHER_PIXELS], bars, _labels(hours))


def _bar(kind: str, index: int, calls: int, base: int, unit: float, bottom: int) -> list[Bar]:
    """At least one pixel for one call; nothing for none."""
    if not calls:
        return []
    height = max(1, round(calls * unit))
    return [Bar(kind, _percent(index * _SLOT_PERCENT + _GAP_PERCENT), bottom - base - height, height)]


def _labels(hours: Sequence[Hour]) -> list[Label]:
    """The worst hour of each kind, unless both would stand in the same place."""
    worst = {kind: max(range(HOURS), key=lambda i: getattr(hours[i], kind)) for kind in ("refused", "failed")}
    labels = []
    for kind, index in worst.items():
        calls = getattr(hours[index], kind)
        is_beside = labels and abs(worst["refused"] - index) < HOURS // 4
        if calls and not is_beside:
            labels.append(_label(kind, index, f"{calls:,} {kind}"))
    return labels


def _label(kind: str, index: int, text: str) -> Label:
    if index < HOURS // 2:
        return Label(kind, _percent((index + 1) * _SLOT_PERCENT + 0.6), 14, "start", text)
    return Label(kind, _percent(index * _SLOT_PERCENT), 14, "end", text)


def _percent(value: float) -> str:
    return f"{value:.3f}%"


def _peak_words(hours: Sequence[Hour]) -> str:
    peak = max(hours, key=lambda hour: hour.answered)
    end = peak.start + timedelta(hours=1)
    return f"At most {peak.answered:,} an hour, from {peak.start:%H:%M} to {end:%H:%M} UTC. The table has every hour."
