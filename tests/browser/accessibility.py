"""axe, with the rules of WCAG 2.0 to 2.2 at A and AA and the size of targets."""

from typing import Any

from playwright.sync_api import Page as Tab

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_OPTIONS = {
    "resultTypes": ["violations"],
    # Loading each stylesheet anew serves one rule (orientation locks) and adds inline styles, which the policy refuses.
    "preload": False,
    "runOnly": {"type": "tag", "values": _TAGS},
    "rules": {"target-size": {"enabled": True}},
}
_RUN = """options => axe.run(document, options).then(({violations}) => violations.flatMap(({id, help, nodes}) =>
  nodes.map(({target, failureSummary}) => ({id, help, target: target.join(" "), summary: failureSummary}))))"""


def violations(tab: Tab) -> list[str]:
    """One line for each element that breaks a rule."""
    found: list[dict[str, Any]] = tab.evaluate(_RUN, _OPTIONS)
    return [f"axe {each['id']} at {each['target']}: {' '.join(each['summary'].split())}" for each in found]
