"""What goes wrong in a tab by itself: console errors, page errors, policy violations, resources that fail."""

from playwright.sync_api import ConsoleMessage, Error, Request, Response
from playwright.sync_api import Page as Tab

VIOLATIONS_SCRIPT = """
window.policyViolations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  policyViolations.push(`${event.effectiveDirective} blocked ${event.blockedURI} ${event.sample}`));
"""


class Watch:
    """Collects one line for each thing that went wrong since the last `forget()`."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self._lines: list[str] = []
        tab.on("console", self._console)
        tab.on("pageerror", self._page_error)
        tab.on("response", self._response)
        tab.on("requestfailed", self._request_failed)

    def forget(self) -> None:
        """Begin anew."""
        self._lines.clear()

    def lines(self) -> list[str]:
        """What went wrong so far, the page's policy violations included."""
        violations = self._tab.evaluate("policyViolations")
        return [*self._lines, *(f"policy: {line}" for line in violations)]

    def _console(self, message: ConsoleMessage) -> None:
        # The address under test may be a 403 or a 404 on purpose; its status is the test's to judge.
        about_this_page = message.location.get("url", "").partition("#")[0] == self._tab.url.partition("#")[0]
        refused = message.text.startswith("Failed to load resource") and about_this_page
        if message.type in ("error", "warning") and not refused:
            self._lines.append(f"console {message.type}: {message.text}")

    def _page_error(self, error: Error) -> None:
        self._lines.append(f"script: {error.message}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self._lines.append(f"resource: {response.status} for {response.url}")

    def _request_failed(self, request: Request) -> None:
        # What still loads, or streams, when its page is left is aborted.
        if request.failure != "net::ERR_ABORTED" and not request.is_navigation_request():
            self._lines.append(f"resource: {request.failure} for {request.url}")
