"""Which of a version's operations one page lists: all by tag, or of many a piece of one tag's."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from portal.reference.outline import Entry

MOST_LISTED = 100
"""Operations on a page: with more it would weigh more than all that it says."""
_BESIDE = 20
"""Operations before and after the one being read, of a tag that has many."""
Sections = Mapping[str, list[Entry]]


class Subject(NamedTuple):
    """A tag that stands on a page of its own."""

    name: str
    count: int
    url: str
    is_current: bool


class Listing(NamedTuple):
    """`subjects` are all tags where the page lists one of them; `text` and the addresses lead through a long one."""

    sections: list[tuple[str, list[Entry]]]
    subjects: list[Subject]
    text: str = ""
    before_url: str = ""
    after_url: str = ""


def listing_of(sections: Sections, tag: str, page: str, plan: str = "") -> Listing:
    """The page asked for, the first where there is none of that tag or number. `plan` stays in the addresses."""
    if sum(map(len, sections.values())) <= MOST_LISTED:
        return Listing(list(sections.items()), [])
    name = tag if tag in sections else next(iter(sections))
    entries, last = sections[name], (len(sections[name]) - 1) // MOST_LISTED + 1
    number = int(page) if page.isdecimal() and 1 <= int(page[:6]) <= last else 1
    first = (number - 1) * MOST_LISTED
    shown = entries[first : first + MOST_LISTED]
    return Listing(
        [(name, shown)],
        [Subject(one, len(of), _url(one, 1, plan), one == name) for one, of in sections.items()],
        f"{first + 1} to {first + len(shown)} of {len(entries)}" if last > 1 else "",
        _url(name, number - 1, plan) if number > 1 else "",
        _url(name, number + 1, plan) if number < last else "",
    )


def _url(tag: str, page: int, plan: str = "") -> str:
    values = {"tag": tag, "page": page if page > 1 else "", "plan": plan}
    return f"?{urlencode({name: value for name, value in values.items() if value})}"


class Neighbours(NamedTuple):
    """What stands beside an operation's page: whole sections, or those around it, and the other tags as links to
    `url`, which continues the version's address."""

    sections: list[tuple[str, list[Entry]]]
    subjects: list[Subject]


def neighbours_of(sections: Sections, entry: Entry) -> Neighbours:
    """The operations to go on to from one of them."""
    if sum(map(len, sections.values())) <= MOST_LISTED:
        return Neighbours(list(sections.items()), [])
    name, around = next((name, of) for name, of in sections.items() if entry in of)
    here = around.index(entry)
    if len(around) > MOST_LISTED:
        around = around[max(here - _BESIDE, 0) : here + _BESIDE + 1]
    return Neighbours([(name, around)], [Subject(one, len(of), _url(one, 1), False) for one, of in sections.items()])
