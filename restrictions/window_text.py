"""A weekly window as people type it: `mon,tue 08:00-18:00`."""

import re

from contract.records import Window

WEEKDAYS = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday",
            "sat": "Saturday", "sun": "Sunday"}  # fmt: skip
UNREADABLE = Window((), 0, 0)
"""Stands for what is no window: every check refuses it."""
_NAMES = tuple(WEEKDAYS)
_WINDOW = re.compile(r"\A([a-z,]{3,27}) ([0-9]{2}):([0-5][0-9])-([0-9]{2}):([0-5][0-9])\Z")
_MIDNIGHT = 24 * 60


def read_window(text: str) -> Window:
    """`00:00` as an end is the next midnight."""
    match = _WINDOW.match(text)
    days = match[1].split(",") if match else []
    if match is None or not set(days) <= set(_NAMES):
        return UNREADABLE
    starts, ends = (int(match[at]) * 60 + int(match[at + 1]) for at in (2, 4))
    return Window(tuple(sorted({_NAMES.index(day) for day in days})), starts, ends or _MIDNIGHT)


def window_text(window: Window) -> str:
    """What is read as this window."""
    days = ",".join(_NAMES[day] for day in window.weekdays)
    return f"{days} {clock_text(window.starts_minute)}-{clock_text(window.ends_minute)}"


def clock_text(minute: int) -> str:
    """Minutes since midnight as `08:00`; the next midnight is `24:00`."""
    return f"{minute // 60:02}:{minute % 60:02}"
