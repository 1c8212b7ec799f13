"""Staff revoke a key in the admin: its next call is refused within a second, the application's other key goes on."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from tests.browser.first_call import ShownCall, send, shown_call, shown_key, sign_up, with_key
from tests.browser.one_time_codes import enter_code
from tests.browser.windows import Window, Windows
from tests.browser.world import Role
from tests.stack import Stack

IN_FORCE_WITHIN_SECONDS = 1.0


@pytest.fixture
def developer(windows: Windows) -> Iterator[Window]:
    """Somebody new, who signs up."""
    window = windows.fresh(Role.ANONYMOUS)
    yield window
    window.close()


@pytest.fixture
def staff(windows: Windows) -> Iterator[Window]:
    """The installation's member of staff, not signed in yet."""
    window = windows.fresh(Role.ANONYMOUS)
    yield window
    window.close()


def make_second_key(tab: Tab) -> str:
    """By the application's own form; answers the secret."""
    tab.get_by_role("link", name="make another").click()
    tab.get_by_label("Name").fill("Second key")
    for reading in tab.get_by_role("radio", name="Read", exact=True).all():
        reading.check()
    tab.get_by_role("button", name="Make the key").click()
    return shown_key(tab)


def sign_in(tab: Tab, person: dict[str, str]) -> None:
    """Password, then code."""
    tab.goto("/admin/")
    tab.locator("[name=login]").fill(person["email"])
    tab.locator("[name=password]").fill(person["password"])
    with tab.expect_navigation():
        tab.get_by_role("button", name="Sign in", exact=True).click()
    expect(tab.get_by_label("Code")).to_be_visible()
    enter_code(tab, person["totp_secret"])
    expect(tab.get_by_role("heading", level=1)).to_have_text("Overview")


def revoke(tab: Tab, key: str) -> float:
    """Find the key by what may be shown of it and revoke it; answers when the POST was answered."""
    tab.goto(f"/admin/keys/?q={key[:12]}")
    tab.locator("tr", has_text=key[-4:]).get_by_role("link").first.click()
    tab.get_by_role("link", name="Revoke").click()
    tab.get_by_label("Reason").fill("Found in a public repository")
    with tab.expect_response(lambda response: response.request.method == "POST") as answer:
        tab.get_by_role("button", name="Revoke it for good").click()
    assert answer.value.status == 303
    return time.monotonic()


def refused_within(call: ShownCall, since: float) -> int:
    """The status of the first call that is refused, or of the last one before the time is over."""
    status = send(call)
    while status == 200 and time.monotonic() < since + IN_FORCE_WITHIN_SECONDS:
        status = send(call)
    return status


def test_revoking_a_key_in_the_admin_stops_it_and_it_alone(
    developer: Window, staff: Window, stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    sign_up(developer)
    call, key = shown_call(developer.tab), shown_key(developer.tab)
    second = with_key(call, make_second_key(developer.tab))
    assert (send(call), send(second)) == (200, 200)
    sign_in(staff.tab, stack.demo["staff"])
    revoked_at = revoke(staff.tab, key)
    assert refused_within(call, revoked_at) == 401
    record_property("refused_after_seconds", round(time.monotonic() - revoked_at, 3))
    assert send(second) == 200
    assert staff.watch.lines() == []
