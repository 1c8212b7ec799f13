"""What a condition requires, from the address of `/admin/restrictions/new/` to a value and back.

`?how=require&dpop=1&role=owner&require_network=203.0.113.0/24&window=mon,tue 08:00-18:00&timezone=Europe/Berlin`;
all but `dpop` and `timezone` may come several times. What cannot be read becomes a value that every check refuses.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.http import QueryDict

from accounts.models import Role
from contract.records import Requirement
from contract.requirements import named
from portal.staff.query_words import canonical_network, words_in
from restrictions.requirement_checks import known_timezones
from restrictions.window_text import UNREADABLE, WEEKDAYS, read_window, window_text

WINDOW_FIELDS = ("weekday", "from", "until")
"""The page's own fields, from which a window is put together."""
MOST_PARTS = 60


def requirement_in(query: QueryDict) -> Requirement:
    """Whatever stands in the query; a requirement of nothing where it says nothing."""
    return Requirement(
        networks=tuple(canonical_network(text) for text in words_in(query, "require_network")),
        dpop=query.get("dpop", "") == "1",
        roles=tuple(dict.fromkeys(role[:16] for role in query.getlist("role")[:MOST_PARTS] if role)),
        windows=tuple(dict.fromkeys(read_window(text) for text in query.getlist("window")[:MOST_PARTS])),
        timezone=query.get("timezone", "").strip()[:64] or "UTC",
    )


def pairs_of(requirement: Requirement | None) -> list[tuple[str, str]]:
    """What stands in an address for it."""
    if requirement is None:
        return []
    return [
        *(("require_network", network) for network in requirement.networks),
        *([("dpop", "1")] if requirement.dpop else []),
        *(("role", role) for role in requirement.roles),
        *(("window", window_text(window)) for window in requirement.windows),
        *([("timezone", requirement.timezone)] if requirement.windows else []),
    ]


def added_window(query: QueryDict) -> str:
    """The window that the page's own fields say, in one text; empty where no weekday is ticked."""
    days = [day for day in WEEKDAYS if day in query.getlist("weekday")]
    starts, ends = query.get("from", "")[:5] or "00:00", query.get("until", "")[:5] or "24:00"
    return f"{','.join(days)} {starts}-{ends}" if days else ""


def choices_of(requirement: Requirement | None) -> dict[str, Any]:
    """What the fieldset draws."""
    chosen = requirement or Requirement()
    return {
        "requirement": chosen,
        "roles": _ticked(((role.value, role.label) for role in Role), chosen.roles),
        "windows": [window_text(window) for window in chosen.windows if window != UNREADABLE],
        "weekdays": WEEKDAYS.items(),
        "timezones": _offered_timezones(),
    }


@cache
def _offered_timezones() -> list[str]:
    """Places; every other name that is known is taken as well."""
    return sorted(name for name in known_timezones() if "/" in name and not name.startswith("Etc/"))


def _ticked(choices: Iterable[tuple[str, str]], chosen: Iterable[str]) -> list[tuple[str, str, bool]]:
    taken = set(chosen)
    return [(value, words, value in taken) for value, words in choices]


def is_empty(requirement: Requirement | None) -> bool:
    """Whether nothing is required yet."""
    return requirement is None or not named(requirement)
