"""Events in words: what was done, and what it changed."""

from typing import Any, NamedTuple

from audit.models import Event
from audit.personal import MARK, told

#: Where taking the words of the action as they are would not tell it well.
_WORDS = {
    "organisation.active": "Organisation resumed",
    "member.set": "Member's role set",
    "subscription.set": "Plan chosen",
    "second_factor.enrolled": "Second factor added",
    "client.redirects_set": "Client's redirect URIs set",
    "client.dpop_set": "Client's need of DPoP set",
    "client.consents_withdrawn": "Client's consents withdrawn",
    "letter.given_up": "Letter given up",
}
MOST_CHARACTERS = 400
HIDDEN = "(not shown)"


class Change(NamedTuple):
    """A field, before and after in words; empty where there is nothing on that side."""

    field: str
    before: str
    after: str


def words_of(action: str) -> str:
    """`key.revoked` is `Key revoked`."""
    return _WORDS.get(action) or action.replace(".", " ").replace("_", " ").capitalize()


def changes_of(event: Event, *, with_people: bool = True) -> list[Change]:
    """What the event changed, field by field; `with_people` says whether texts that name people may be shown."""
    changes = told(event) if with_people else event.changes
    return [_change(field, value) for field, value in changes.items()]


def _change(field: str, value: Any) -> Change:
    name = field.replace("_", " ")
    if isinstance(value, list) and len(value) == 2:
        return Change(name, _text(value[0]), _text(value[1]))
    return Change(name, "", _text(value))


def _text(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return HIDDEN if value.keys() == {MARK} else ", ".join(f"{name}: {_text(each)}" for name, each in value.items())
    text = ", ".join(_text(each) for each in value) if isinstance(value, list) else str(value)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
