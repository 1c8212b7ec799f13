"""The theme that a reader chooses is the theme that the system would have given, and it stays."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page as Tab

from tests.browser.windows import Window, Windows
from tests.browser.world import Role

#: Computed colours of everything on the page.
_COLOURS = """() => [...document.querySelectorAll("body, body *")].filter(one => one.getClientRects().length)
  .filter(one => !one.closest("form[action='/theme/']"))
  .map(one => getComputedStyle(one)).map(({color, backgroundColor, borderTopColor, fill}) =>
    [color, backgroundColor, borderTopColor, fill].join(" "))"""


@pytest.fixture
def window(windows: Windows) -> Iterator[Window]:
    """A reader who is not signed in and has chosen nothing."""
    window = windows.fresh(Role.ANONYMOUS)
    yield window
    window.close()


def colours(tab: Tab) -> list[str]:
    """The page's colours, element by element."""
    found: list[str] = tab.evaluate(_COLOURS)
    return found


@pytest.mark.parametrize(("chosen", "system"), [("dark", "light"), ("light", "dark")])
def test_a_chosen_theme_looks_like_the_systems(window: Window, chosen: str, system: str) -> None:
    window.use_theme(chosen)
    window.visit("/plans/")
    expected = colours(window.tab)
    window.use_theme(system)
    assert colours(window.tab) != expected
    with window.tab.expect_navigation():
        window.tab.get_by_role("button", name=chosen.capitalize()).click()
    assert colours(window.tab) == expected
    window.visit("/docs/")
    window.visit("/plans/")
    assert colours(window.tab) == expected
