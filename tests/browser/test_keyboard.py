"""The portal by keyboard alone: shortcuts do what the dialog says, and no swap throws the focus away."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from tests.browser.first_call import sign_up
from tests.browser.pages import APPLICATION, Page
from tests.browser.windows import Window, Windows
from tests.browser.world import Role, World

LOG = Page("logs", Role.DEVELOPER, APPLICATION)
FILTERED_LOG = Page("logs", Role.DEVELOPER, APPLICATION, "?status=200")
NEW_KEY = Page("key_new", Role.DEVELOPER, APPLICATION)
WIDE, NARROW = 1280, 360


@pytest.fixture
def window(windows: Windows) -> Iterator[Window]:
    """The developer's window, with storage of its own: tests here switch shortcuts off."""
    window = windows.fresh(Role.DEVELOPER)
    window.resize(WIDE)
    yield window
    window.close()


@pytest.fixture
def newcomer(windows: Windows) -> Iterator[Window]:
    """Somebody who signs up."""
    window = windows.fresh(Role.ANONYMOUS)
    window.resize(WIDE)
    yield window
    window.close()


def focus_is_lost(tab: Tab) -> bool:
    """Whether the next key would go nowhere."""
    return bool(tab.evaluate("!document.activeElement || document.activeElement === document.body"))


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_slash_goes_to_the_search(window: Window, world: World, width: int) -> None:
    window.resize(width)
    window.visit("/docs/")
    window.tab.keyboard.press("/")
    expect(window.tab.get_by_role("search").locator(":focus")).to_have_count(1)


def test_a_slash_in_a_field_is_a_slash(window: Window, world: World) -> None:
    window.visit(NEW_KEY.address(world))
    name = window.tab.get_by_label("Name")
    name.fill("")
    name.press_sequentially("a/b?jk")
    expect(name).to_have_value("a/b?jk")
    expect(name).to_be_focused()


def test_the_shortcuts_open_and_the_focus_comes_back(window: Window, world: World) -> None:
    window.visit("/docs/")
    link = window.tab.get_by_role("link", name="Plans", exact=True)
    link.focus()
    window.tab.keyboard.press("?")
    expect(window.tab.get_by_role("dialog")).to_be_visible()
    expect(window.tab.get_by_role("dialog").locator(":focus")).to_have_count(1)
    window.tab.keyboard.press("Escape")
    expect(window.tab.get_by_role("dialog")).to_be_hidden()
    expect(link).to_be_focused()


def test_j_and_k_go_through_the_rows_and_enter_opens_one(window: Window, world: World) -> None:
    window.visit(LOG.address(world))
    rows = window.tab.locator(".listing .row-link")
    for key, row in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        window.tab.keyboard.press(key)
        expect(rows.nth(row)).to_be_focused()
    target = rows.nth(1).get_attribute("href")
    window.tab.keyboard.press("Enter")
    window.tab.wait_for_url(f"**{target}")


def test_the_first_and_the_last_row_are_the_ends(window: Window, world: World) -> None:
    window.visit("/problems/")
    rows = window.tab.locator(".listing .row-link")
    for _ in range(2):
        window.tab.keyboard.press("k")
    expect(rows.first).to_be_focused()
    for _ in range(rows.count() + 1):
        window.tab.keyboard.press("j")
    expect(rows.last).to_be_focused()


def test_escape_clears_the_filters(window: Window, world: World) -> None:
    window.visit(FILTERED_LOG.address(world))
    with window.tab.expect_navigation():
        window.tab.keyboard.press("Escape")
    assert "status=" not in window.tab.url


def test_shortcuts_that_are_switched_off_stay_off(window: Window, world: World) -> None:
    window.visit("/docs/")
    window.tab.keyboard.press("?")
    window.tab.get_by_label("Use single-key shortcuts in this browser").uncheck()
    window.tab.keyboard.press("Escape")
    window.visit("/plans/")
    window.tab.keyboard.press("?")
    window.tab.keyboard.press("/")
    expect(window.tab.get_by_role("dialog")).to_be_hidden()
    expect(window.tab.get_by_role("searchbox")).not_to_be_focused()


def test_the_skip_link_is_first_and_leads_to_the_content(window: Window, world: World) -> None:
    window.visit("/docs/")
    window.tab.keyboard.press("Tab")
    expect(window.tab.get_by_role("link", name="Skip to content")).to_be_focused()
    window.tab.keyboard.press("Enter")
    expect(window.tab.locator("main")).to_be_focused()


def test_choosing_scopes_keeps_the_focus_where_it_is(window: Window, world: World) -> None:
    window.visit(NEW_KEY.address(world))
    chosen = window.tab.get_by_role("radio", name="Read", exact=True).first
    before = window.tab.locator("#effect").inner_text()
    chosen.focus()
    with window.tab.expect_response("**/keys/new/**"):
        window.tab.keyboard.press("Space")
    expect(window.tab.locator("#effect")).not_to_have_text(before)
    expect(chosen).to_be_focused()
    assert window.watch.lines() == []


def test_running_the_call_and_its_arrival_keep_the_focus(newcomer: Window) -> None:
    sign_up(newcomer)
    button = newcomer.tab.get_by_role("button", name="Run it here")
    button.focus()
    newcomer.tab.keyboard.press("Enter")
    expect(newcomer.tab.locator("#ran")).to_contain_text("200")
    expect(newcomer.tab.locator("#arrivals li.first-call")).to_be_visible()
    expect(button).to_be_focused()
    expect(newcomer.tab.locator("#announcer")).to_contain_text("200")


def test_a_swap_that_fails_says_that_nothing_changed_and_can_be_tried_again(newcomer: Window) -> None:
    sign_up(newcomer)
    tab = newcomer.tab
    tab.route("**/start/run/", lambda route: route.abort())
    tab.get_by_role("button", name="Run it here").click()
    banner = tab.get_by_role("alert").filter(has_text="Nothing changed")
    expect(banner).to_be_focused()
    tab.unroute("**/start/run/")
    banner.get_by_role("button", name="Retry").press("Enter")
    expect(tab.locator("#ran")).to_contain_text("200")
    assert not focus_is_lost(tab)
