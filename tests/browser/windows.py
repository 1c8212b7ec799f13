"""Chromium, and one window of it for each person, kept from page to page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab

from tests.browser.watch import VIOLATIONS_SCRIPT, Watch
from tests.browser.world import Role, World
from tests.browser_path import chromium_path
from tests.canaries import keep_cookies, keep_form

HEIGHT = 900
LOAD_WITHIN_MS = 20_000
_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that asks another machine for anything fails its sub-resource instead of reaching it.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Debian's Chromium. Raises AssertionError with the way to get one where there is none.

    Not the plugin's fixture of the whole session: an event loop that stays open between modules breaks every
    asynchronous test that comes after it.
    """
    path = chromium_path()
    assert path, "no Chromium found; on Debian: apt-get install chromium (or set CHROMIUM to its path)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_OPTIONS)
        yield browser
        browser.close()


@dataclass
class Window:
    """A tab in which one person is signed in, and what went wrong in it since `watch.forget()`."""

    tab: Tab
    watch: Watch

    def resize(self, width: int) -> None:
        """`width` in CSS pixels."""
        self.tab.set_viewport_size({"width": width, "height": HEIGHT})

    def use_theme(self, theme: str) -> None:
        """Light or dark, as the system would say; pages whose reader chose nothing follow."""
        self.tab.emulate_media(color_scheme="dark" if theme == "dark" else "light")

    def close(self) -> None:
        """Close the tab and forget its storage, but for the secrets in it: they are looked for later."""
        keep_cookies((cookie["name"], cookie["value"]) for cookie in self.tab.context.cookies())
        self.tab.context.close()

    def visit(self, address: str) -> int:
        """Load the address and answer its status; what the page before it did is forgotten."""
        self.watch.forget()
        response = self.tab.goto(address, wait_until="load")
        assert response is not None, address
        return response.status


class Windows:
    """Opens each person's window once."""

    def __init__(self, browser: Browser, world: World) -> None:
        self._browser = browser
        self._world = world
        self._open: dict[tuple[Role, bool], Window] = {}

    def of(self, role: Role, *, javascript: bool = True) -> Window:
        """The person's window, opened where it is not yet."""
        if (role, javascript) not in self._open:
            self._open[role, javascript] = self.fresh(role, javascript=javascript)
        return self._open[role, javascript]

    def fresh(self, role: Role, *, javascript: bool = True) -> Window:
        """A window with storage of its own, for a test that signs in, signs out or changes what the person sees."""
        context = self._browser.new_context(
            base_url=self._world.portal, java_script_enabled=javascript, reduced_motion="reduce"
        )
        context.set_default_timeout(LOAD_WITHIN_MS)
        if role in self._world.sessions:
            cookie = {"name": "sessionid", "value": self._world.sessions[role], "url": self._world.portal}
            context.add_cookies([cookie])  # type: ignore[list-item]
        tab = context.new_page()
        tab.on("request", lambda request: keep_form(request.post_data or ""))
        tab.add_init_script(VIOLATIONS_SCRIPT)
        tab.add_init_script(AXE_SCRIPT)
        return Window(tab, Watch(tab))
