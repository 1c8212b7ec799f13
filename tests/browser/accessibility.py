"""axe, with the rules of WCAG 2.0 to 2.2 at A and AA and the size of targets."""

from typing import Any

from playwright.sync_api import Page as Tab

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_OPTIONS: dict[str, Any] = {
    "resultTypes": ["violations"],
    # Loading each stylesheet anew serves one rule (orientation locks) and adds inline styles, which the policy refuses.
    "preload": False,
}
ALL_RULES = _OPTIONS | {
    "runOnly": {"type": "tag", "values": _TAGS},
    "rules": {"target-size": {"enabled": True}},
}
#: What another theme can break in a page that is fine in the first one.
RULES_OF_COLOUR = _OPTIONS | {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
_RUN = """options => axe.run(document, options).then(({violations}) => violations.flatMap(({id, nodes}) =>
  nodes.map(({target, failureSummary}) => ({id, target: target.join(" "), summary: failureSummary}))))"""


def violations(tab: Tab, rules: dict[str, Any]) -> list[str]:
    """One line for each element that breaks a rule."""
    found: list[dict[str, str]] = tab.evaluate(_RUN, rules)
    return [f"axe {each['id']} at {each['target']}: {' '.join(each['summary'].split())}" for each in found]
