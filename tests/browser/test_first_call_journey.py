"""From `/signup/` to the row of the first call: a person who has never been here, a real gateway, a real upstream."""

import json
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect
from playwright.sync_api import Page as Tab

from tests.browser.first_call import EFFORT_SCRIPT, send, shown_call, sign_up
from tests.browser.windows import Window, Windows
from tests.browser.world import Role

Note = Callable[[str, object], None]
IN_ALL_SECONDS = 10.0
MOST_CLICKS = 3
FIELDS = ["email", "password1"]


@pytest.fixture
def newcomer(windows: Windows) -> Iterator[Window]:
    """Somebody who is not signed in, and whose clicks and fields are counted."""
    window = windows.fresh(Role.ANONYMOUS)
    window.tab.add_init_script(EFFORT_SCRIPT)
    yield window
    window.close()


@pytest.fixture
def without_javascript(windows: Windows) -> Iterator[Window]:
    """Somebody who is not signed in and runs no scripts."""
    window = windows.fresh(Role.ANONYMOUS, javascript=False)
    yield window
    window.close()


def arrived(tab: Tab) -> Locator:
    """The row of the first call."""
    return tab.locator("#arrivals li.first-call")


def remaining_ms(since: float) -> float:
    """What is left of the time in all, and at least a moment, so that what is late fails by its own name."""
    return max((IN_ALL_SECONDS - (time.monotonic() - since)) * 1000, 1)


def expect_arrival(window: Window, since: float, note: Note) -> None:
    """The row comes by itself, in time, with few clicks and fields, and nothing went wrong on the way."""
    tab = window.tab
    expect(arrived(tab)).to_contain_text("200", timeout=remaining_ms(since))
    note("sign_up_to_row_seconds", round(time.monotonic() - since, 2))
    assert tab.evaluate("window.notReloaded") is True
    effort = json.loads(tab.evaluate("sessionStorage.getItem('effort')"))
    assert effort["fields"] == FIELDS
    assert effort["clicks"] <= MOST_CLICKS
    note("clicks", effort["clicks"])
    assert window.watch.lines() == []


def test_the_shown_line_brings_its_row_by_itself(newcomer: Window, record_property: Note) -> None:
    began = time.monotonic()
    sign_up(newcomer)
    newcomer.tab.evaluate("window.notReloaded = true")
    expect(arrived(newcomer.tab)).to_have_count(0)
    assert send(shown_call(newcomer.tab)) == 200
    expect_arrival(newcomer, began, record_property)


def test_run_it_here_brings_the_answer_and_the_row(newcomer: Window, record_property: Note) -> None:
    began = time.monotonic()
    sign_up(newcomer)
    newcomer.tab.evaluate("window.notReloaded = true")
    newcomer.tab.get_by_role("button", name="Run it here").click()
    expect_arrival(newcomer, began, record_property)
    expect(newcomer.tab.locator("#ran")).to_contain_text("200")


def test_without_javascript_refresh_brings_the_row(without_javascript: Window) -> None:
    began, tab = time.monotonic(), without_javascript.tab
    sign_up(without_javascript)
    assert send(shown_call(tab)) == 200
    while not arrived(tab).count() and remaining_ms(began) > 1:
        tab.get_by_role("link", name="Refresh").click()
    expect(arrived(tab)).to_contain_text("200")


def test_without_javascript_run_it_here_comes_back_to_the_page(without_javascript: Window) -> None:
    tab = without_javascript.tab
    sign_up(without_javascript)
    with tab.expect_navigation():
        tab.get_by_role("button", name="Run it here").click()
    began = time.monotonic()
    while not arrived(tab).count() and remaining_ms(began) > 1:
        tab.get_by_role("link", name="Refresh").click()
    expect(arrived(tab)).to_contain_text("200")
