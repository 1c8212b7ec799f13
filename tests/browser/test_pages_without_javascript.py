"""Every listed page with scripts switched off: its heading is there, and every form can be filled in and sent."""

import pytest

from tests.browser.pages import PAGES, Page
from tests.browser.windows import Windows
from tests.browser.world import World

WIDTH = 1280
WALKED = [pytest.param(page, id=str(page)) for page in PAGES if not page.state]
#: Passkeys need scripts: their forms are not shown without. Forms that nobody can see, or that no visible button sends.
_CLOSED_FORMS = """forms => forms.filter(form => !form.getClientRects().length
  || ![...form.elements].some(one => one.type === "submit" && one.getClientRects().length))
  .map(form => form.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize("listed", WALKED)
def test_the_page_works_without_javascript(listed: Page, windows: Windows, world: World) -> None:
    window = windows.of(listed.role, javascript=False)
    window.resize(WIDTH)
    assert window.visit(listed.address(world)) == listed.status
    heading = window.tab.locator("h1")
    assert heading.is_visible()
    assert heading.inner_text().strip()
    assert window.tab.locator("main form:not([method=dialog], [data-passkey])").evaluate_all(_CLOSED_FORMS) == []
