"""Every listed page, light and dark, narrow and wide: nothing broken, nothing cut off, nobody locked out.

A page is loaded once and its window resized and re-themed, as a person does it. The dark theme changes colours only, so
the normal run asks it about colours only; `make prove` asks everything of both.
"""

import os
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page as Tab

from tests.browser.accessibility import ALL_RULES, RULES_OF_COLOUR, violations
from tests.browser.pages import PAGES, Page
from tests.browser.windows import Window, Windows
from tests.browser.world import World

THEMES = ("light", "dark")
WIDTHS = (360, 1280)
PROVE = os.environ.get("PROVE") == "1"
RULES = {"light": ALL_RULES, "dark": ALL_RULES if PROVE else RULES_OF_COLOUR}
WALKED = [pytest.param(page, id=str(page), marks=[pytest.mark.prove] if page.state else []) for page in PAGES]

_SHAPE = """() => ({
  title: document.title.split("·")[0].trim(),
  headings: document.querySelectorAll("h1").length,
  overhang: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  focused: document.activeElement?.getClientRects().length > 0,
})"""


@pytest.fixture(scope="package")
def titles() -> dict[str, str]:
    """Title → path of the page that has it, of all pages so far."""
    return {}


@pytest.mark.parametrize("listed", WALKED)
def test_the_page_is_clean(listed: Page, windows: Windows, world: World, titles: dict[str, str]) -> None:
    window = windows.of(listed.role)
    lines = [line for width in WIDTHS for line in wrong_at(width, listed, window, world)]
    assert not lines, "\n".join(lines)
    if listed.status == 200:
        assert titles.setdefault(window.tab.title(), path(window.tab)) == path(window.tab)


def wrong_at(width: int, listed: Page, window: Window, world: World) -> list[str]:
    """One line for each thing that is wrong with the page at this width."""
    window.resize(width)
    if width == WIDTHS[0] or is_shaped_on_load(listed):
        assert window.visit(listed.address(world)) == listed.status
        if listed.act:
            listed.act(window.tab)
    return [f"{width} px, {theme}: {line}" for theme in THEMES for line in wrong(window, theme)]


def is_shaped_on_load(listed: Page) -> bool:
    """Wagtail's sidebar takes its shape when the page is loaded."""
    return listed.route.startswith("staff:")


def wrong(window: Window, theme: str) -> list[str]:
    """One line for each thing that is wrong with the page as the theme shows it."""
    window.use_theme(theme)
    return [*window.watch.lines(), *shape(window.tab), *violations(window.tab, RULES[theme])]


def shape(tab: Tab) -> list[str]:
    """What is wrong with title, heading, width and focus."""
    found = tab.evaluate(_SHAPE)
    lines = {
        "the title says nothing": not found["title"],
        f"{found['headings']} headings of the first level": found["headings"] != 1,
        f"{found['overhang']} px hang over": found["overhang"] > 0,
        "the focus is on nothing": not found["focused"],
    }
    return [line for line, is_wrong in lines.items() if is_wrong]


def path(tab: Tab) -> str:
    """The tab's address without its query."""
    return urlsplit(tab.url).path
