"""What an event says about people: kept beside it, so that it can be erased while the chain of events stays whole.

The event itself holds a salted digest in each text's place. Without its salt a digest tells nothing, so erasing is
forgetting salt and text.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from audit.models import Event, PersonalText

ERASED = "[erased]"
MARK = "personal"
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_SALT_BYTES = 16


class Withheld(NamedTuple):
    """An event and its texts, none of them saved yet."""

    event: Event
    texts: list[PersonalText]


def digest_of(salt: str, text: str) -> str:
    """SHA-256 over the salt, which is of one length, and the text; hex."""
    return hashlib.sha256(f"{salt}{text}".encode()).hexdigest()


def withhold(event: Event, said: Mapping[str, tuple[str, str]], changes: Mapping[str, Any]) -> Withheld:
    """Give `event` its digests and its changes. `said` maps a field to (text, public id of whom it names)."""
    texts: list[PersonalText] = []
    event.personal = {field: _keep(event, texts, *named) for field, named in said.items() if named[0]}
    event.changes = {field: _without_people(value, event, texts) for field, value in changes.items()}
    return Withheld(event, texts)


def _keep(event: Event, texts: list[PersonalText], text: str, subject: str) -> str:
    salt = secrets.token_hex(_SALT_BYTES)
    digest = digest_of(salt, text)
    texts.append(PersonalText(event=event, subject=subject, digest=digest, salt=salt, text=text))
    return digest


def _without_people(value: Any, event: Event, texts: list[PersonalText]) -> Any:
    """Texts with an e-mail address in them become {"personal": digest}, at whatever depth."""
    if isinstance(value, str) and _EMAIL.search(value):
        return {MARK: _keep(event, texts, value, event.object_id)}
    if isinstance(value, Mapping):
        return {name: _without_people(each, event, texts) for name, each in value.items()}
    return [_without_people(each, event, texts) for each in value] if isinstance(value, (list, tuple)) else value


def digests_in(event: Event) -> Iterable[str]:
    """Every digest that the event holds."""
    return [*event.personal.values(), *_marks(event.changes)]


def _marks(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        yield from [value[MARK]] if _is_mark(value) else (mark for each in value.values() for mark in _marks(each))
    elif isinstance(value, list):
        yield from (mark for each in value for mark in _marks(each))


def _is_mark(value: dict[str, Any]) -> bool:
    return value.keys() == {MARK} and isinstance(value[MARK], str)


def told(event: Event) -> dict[str, Any]:
    """The changes with the texts in their places. Reads `event.texts`: prefetch them for several events."""
    texts = {text.digest: text.text or ERASED for text in event.texts.all()}
    return {field: _with_people(value, texts) for field, value in event.changes.items()}


def _with_people(value: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        if _is_mark(value):
            return texts.get(value[MARK], ERASED)
        return {name: _with_people(each, texts) for name, each in value.items()}
    return [_with_people(each, texts) for each in value] if isinstance(value, list) else value
