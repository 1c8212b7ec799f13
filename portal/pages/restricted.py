"""Restrictions on what a developer has, as things to look at."""

from collections.abc import Sequence
from datetime import datetime

from accounts.models import Application
from portal.pages.attention_item import Item
from restrictions.models import Restriction
from restrictions.notices import about
from restrictions.records import record_of
from restrictions.subjects import names_in_bulk

_WHAT = {
    "block": "Some of its calls are answered 403, restricted.",
    "throttle": "Its calls are slowed: those above a rate are answered 429.",
    "mask": "Fields of some answers are withheld.",
    "require": "Calls that do not meet a condition are refused.",
}
_KIND = {"block": "critical", "throttle": "warn", "mask": "warn", "require": "warn"}


def restriction_items(applications: Sequence[Application], now: datetime) -> list[Item]:
    """Two queries at most."""
    found = about(applications, now) if applications else []
    names = names_in_bulk(record_of(row) for row in found)
    return [_item(row, names) for row in found]


def _item(row: Restriction, names: dict[str, str]) -> Item:
    """Of who it names only what is theirs is said."""
    whom = row.credential or row.application or row.organisation
    kind = "Key " if row.credential else ""
    advice = row.advice or f"Quote {row.reference} when you ask."
    is_condition = row.how == "require"
    title = f"{kind}{names.get(whom, whom)} is {'under a condition' if is_condition else 'restricted'}: {row.reference}"
    page = "/problems/condition-not-met/" if is_condition else "/problems/restricted/"
    return Item(_KIND[row.how], title, f"{_WHAT[row.how]} {advice}", page, "What that means")
