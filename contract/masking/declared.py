"""Keep of an answer only what the document declares; the rest goes, names and values.

Runs on what the masker made, level by level like it: values without parts pass as their text where they are declared,
whatever their type. An answer with a status that the document does not know declares nothing: its object or array comes
out empty. A value that a schema says nothing about, `{}`, may be anything and passes whole.
"""

from typing import Any

import msgspec
from jsonschema_rs import Draft202012Validator

from contract.answer_rules import AnswerRules, Shape
from contract.masking.documents import check_text, open_container, open_document
from contract.schema_validators import compile_schema

_encode = msgspec.json.Encoder().encode
_CONTAINERS = b"{["
_NOTHING = Shape()


class DeclaredFields:
    """Compiled once per operation. No rules: nothing is declared. Raises SchemaError for a pattern that is none."""

    def __init__(self, rules: AnswerRules | None) -> None:
        self._statuses = rules.statuses if rules else {}
        self._shapes = rules.shapes if rules else ()
        patterns = {pattern for shape in self._shapes for pattern in shape.patterns}
        self._patterns = {pattern: compile_schema({"pattern": pattern}, {}) for pattern in patterns}

    def keep(self, body: bytes, status: int) -> bytes:
        """One JSON document; an empty body stays empty. Raises Withheld."""
        check_text(body)
        return self._document(body, self._shape_of(status)) if body else b""

    def keep_lines(self, body: bytes, status: int) -> bytes:
        """NDJSON. Raises Withheld."""
        check_text(body)
        shape = self._shape_of(status)
        return b"".join(self._document(line, shape) + b"\n" for line in body.split(b"\n") if line)

    def _shape_of(self, status: int) -> Shape | None:
        """None for a status that the document does not know."""
        for name in (str(status), f"{status // 100}XX", "default"):
            if name in self._statuses:
                return self._shapes[self._statuses[name]]
        return None

    def _document(self, body: bytes, shape: Shape | None) -> bytes:
        document = open_document(body)
        if isinstance(document, msgspec.Raw):
            return b"null" if shape is None else body
        return _encode(self._opened(document, shape or _NOTHING))

    def _opened(self, opened: dict[str, Any] | list[Any], shape: Shape) -> object:
        if shape.whole:
            return opened
        if isinstance(opened, dict):
            return self._members(opened, shape)
        return [] if shape.items is None else [self._value(element, shape.items) for element in opened]

    def _members(self, members: dict[str, Any], shape: Shape) -> dict[str, object]:
        places = ((name, value, self._place(name, shape)) for name, value in members.items())
        return {name: self._value(value, place) for name, value, place in places if place is not None}

    def _place(self, name: str, shape: Shape) -> int | None:
        if name in shape.members:
            return shape.members[name]
        matched = (place for pattern, place in shape.patterns.items() if _matches(self._patterns[pattern], name))
        return next(matched, shape.others)

    def _value(self, raw: msgspec.Raw, place: int) -> object:
        shape, source = self._shapes[place], bytes(raw)
        return raw if shape.whole or source[0] not in _CONTAINERS else self._opened(open_container(source), shape)


def _matches(pattern: Draft202012Validator, name: str) -> bool:
    return pattern.is_valid(name)
