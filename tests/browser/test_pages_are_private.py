"""What a stranger and somebody who is not signed in get of each listed page: nothing that is not theirs."""

from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from tests.browser.pages import PAGES, Page, nothing
from tests.browser.plain_http import look
from tests.browser.world import Role, World

_OPEN = {page.route for page in PAGES if page.role is Role.ANONYMOUS}
CLOSED = [pytest.param(page, id=str(page)) for page in PAGES if page.route not in _OPEN and not page.state]
#: Addresses that name something of an organisation, and everything of the staff side.
OTHERS = [
    pytest.param(page, id=str(page))
    for page in PAGES
    if page.route not in _OPEN and not page.state and (page.route.startswith("staff:") or page.arguments is not nothing)
]


@pytest.mark.parametrize("listed", CLOSED)
def test_it_sends_who_is_not_signed_in_to_the_login(listed: Page, world: World) -> None:
    answer = look(world, Role.ANONYMOUS, listed.address(world))
    assert answer.status == 302
    # Who is signed out already has nothing to sign out of.
    assert urlsplit(answer.location).path in (reverse("account_login"), reverse("home"))


@pytest.mark.parametrize("listed", OTHERS)
def test_it_does_not_exist_for_a_stranger(listed: Page, world: World) -> None:
    assert look(world, Role.STRANGER, listed.address(world)).status == 404
