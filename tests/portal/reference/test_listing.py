"""Which operations a page of a version lists: each is reached by links, however many there are."""

import re
from urllib.parse import parse_qs

import pytest

from portal.reference.kept import Kept
from portal.reference.listing import MOST_LISTED, listing_of, neighbours_of
from portal.reference.outline import Entry


def entries(tag: str, count: int, first: int = 0) -> list[Entry]:
    return [
        Entry(n, f"opn_{n}", "GET", f"/{n}", f"a{n}", "List", tag, "", n, False, None, None)
        for n in range(first, first + count)
    ]


MANY = {"Pets & co": entries("Pets & co", 250), "Stores": entries("Stores", 3, 250)}


def test_few_operations_stand_on_one_page():
    few = {"Pets": entries("Pets", MOST_LISTED - 1), "Stores": entries("Stores", 1, 99)}
    listing = listing_of(few, "Stores", "7")
    assert (listing.sections, listing.subjects, listing.after_url) == (list(few.items()), [], "")
    assert neighbours_of(few, few["Stores"][0]).sections == list(few.items())


def followed(url: str) -> tuple[str, str]:
    values = parse_qs(url.removeprefix("?"))
    return values["tag"][0], values.get("page", ["1"])[0]


def test_of_many_each_is_reached_by_the_links_and_listed_once():
    seen = []
    for subject in listing_of(MANY, "", "").subjects:
        url = subject.url
        while url:
            listing = listing_of(MANY, *followed(url), plan="free")
            assert sum(len(rows) for _, rows in listing.sections) <= MOST_LISTED
            seen += [entry.id for _, rows in listing.sections for entry in rows]
            url = listing.after_url
            assert "plan=free" in url or not url
    assert seen == list(range(253))


@pytest.mark.parametrize(
    ("tag", "page"), [("none", "1"), ("Pets & co", "99"), ("Pets & co", "0"), ("", "x"), ("", "²")]
)
def test_what_is_not_there_shows_the_first_page(tag, page):
    listing = listing_of(MANY, tag, page)
    assert (listing.sections[0][1][0].id, listing.text, listing.before_url) == (0, "1 to 100 of 250", "")


@pytest.mark.parametrize("at", [0, 100, 249])
def test_beside_an_operation_stand_those_around_it_and_all_tags(at):
    beside = neighbours_of(MANY, MANY["Pets & co"][at])
    near = [entry.id for entry in beside.sections[0][1]]
    assert at in near
    assert len(near) <= 41
    assert [(subject.name, subject.count) for subject in beside.subjects] == [("Pets & co", 250), ("Stores", 3)]
    assert all(re.fullmatch(r"\?tag=[^&?]+", subject.url) for subject in beside.subjects)


def test_what_is_kept_stays_within_its_weight_and_loses_what_was_not_asked_for():
    kept = Kept(10, len)
    for name in ("a", "b"):
        kept.put(name, "xxxx")
    kept.get("a")
    kept.put("c", "xxxx")
    assert [kept.get(name) is not None for name in "abc"] == [True, False, True]
    kept.put("d", "x" * 50)
    assert [kept.get(name) is not None for name in "abcd"] == [False, False, False, True]
