"""A requirement in words that anybody may read: without the addresses of its networks."""

from collections.abc import Sequence
from itertools import groupby

from contract.records import Requirement, Window
from contract.requirements import PARTS, Part, named

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def public_words(requirement: Requirement, parts: Sequence[Part] = PARTS) -> list[str]:
    """Its parts, or some of them: `a token bound to the caller's key (DPoP)`."""
    return [_words(part, requirement) for part in named(requirement) if part in parts]


def _words(part: Part, requirement: Requirement) -> str:
    if part == "networks":
        return "a call from an allowed network"
    if part == "dpop":
        return "a token bound to the caller's key (DPoP)"
    return role_words(requirement.roles) if part == "roles" else window_words(requirement)


def role_words(roles: Sequence[str]) -> str:
    """`a credential made by an Owner or a Developer`."""
    return "a credential made by " + " or ".join(_with_article(role.capitalize()) for role in roles)


def _with_article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'AEIOU' else 'a'} {noun}"


def window_words(requirement: Requirement) -> str:
    """`Monday to Friday 08:00–18:00 Europe/Berlin`."""
    return f"{', '.join(_times(window) for window in requirement.windows)} {requirement.timezone}"


def _times(window: Window) -> str:
    return f"{day_words(window.weekdays)} {_clock(window.starts_minute)}–{_clock(window.ends_minute)}"


def day_words(weekdays: Sequence[int]) -> str:
    """`Monday to Friday`, `Monday, Wednesday`, `every day`."""
    days = sorted({day for day in weekdays if 0 <= day < len(_DAYS)})
    if len(days) == len(_DAYS):
        return "every day"
    runs = [[day for _, day in run] for _, run in groupby(enumerate(days), key=lambda at: at[1] - at[0])]
    return ", ".join(_run_words(run) for run in runs)


def _run_words(run: list[int]) -> str:
    names = [_DAYS[day] for day in run]
    return f"{names[0]} to {names[-1]}" if len(names) > 2 else ", ".join(names)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
