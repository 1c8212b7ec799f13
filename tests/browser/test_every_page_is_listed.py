"""A page of ours that is not on the list fails the suite, and what is said not to be a page is none."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, include, path

from tests.browser.addresses import Patterns, our_routes
from tests.browser.pages import NOT_PAGES, PAGES, NotPage
from tests.browser.plain_http import look
from tests.browser.world import World


def unlisted(patterns: Patterns) -> list[str]:
    """Names of our routes that are neither pages on the list nor known not to be pages."""
    known = {page.route for page in PAGES} | {each.route for each in NOT_PAGES}
    return sorted({route.name for route in our_routes(patterns)} - known)


def planted_page(request: object) -> None:
    """A page that somebody forgot to list."""


def test_every_page_is_on_the_list() -> None:
    assert unlisted(get_resolver().url_patterns) == []


@pytest.mark.parametrize(
    ("planted", "name"),
    [
        (path("late/", planted_page, name="late"), "late"),
        (path("late/", planted_page), "late/"),
        (path("admin/", include(([path("late/", planted_page, name="late")], "staff"))), "staff:late"),
        (path("a/", include([path("<str:b>/", planted_page)])), "a/<str:b>/"),
    ],
)
def test_a_planted_page_is_noticed(planted: URLPattern | URLResolver, name: str) -> None:
    assert unlisted([*get_resolver().url_patterns, planted]) == [name]


def test_every_page_on_the_list_has_an_address() -> None:
    routes = {route.name for route in our_routes(get_resolver().url_patterns)}
    listed = {page.route for page in PAGES} | {each.route for each in NOT_PAGES}
    assert listed - routes == set()


def test_nothing_is_both_a_page_and_not_a_page() -> None:
    assert {page.route for page in PAGES} & {each.route for each in NOT_PAGES} == set()


@pytest.mark.parametrize("each", NOT_PAGES, ids=lambda each: each.route)
def test_what_is_said_not_to_be_a_page_shows_none(each: NotPage, world: World) -> None:
    answer = look(world, each.role, each.address(world))
    assert answer.status == each.status
    assert (answer.status, answer.kind) != (200, "text/html")
