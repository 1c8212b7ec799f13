"""Which fields an operation's answers declare, as rules that the gateways can apply (contract.answer_rules)."""

from collections.abc import Iterable, Iterator
from typing import Any

from catalog.documents import Node, at, elements, members, operation_object, resolve
from contract.answer_rules import AnswerRules, Shape

MOST_SHAPES = 5_000
_COMPOSED = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("then", "else")
_HAS_PARTS = frozenset({"properties", "patternProperties", "additionalProperties", "items", "prefixItems"})
_SAYS_SOMETHING = _HAS_PARTS | {
    *("type", "enum", "const", "$ref", "not", "dependentSchemas", "unevaluatedProperties"),
    *(*_COMPOSED, *_BRANCHES),
}
_NO_PARTS = frozenset({-1})
"""Stands for all schemas of values without parts: they share a shape."""


class AnswersUnusable(ValueError):
    """The answers' schemas are too entangled, or refer to nothing."""


def answer_rules(document: Node, method: str, path: str) -> AnswerRules | None:
    """The rules of a method on a path template of a checked document; None where they cannot be made."""
    answers = members(operation_object(document, method, path), "responses")
    table = _Table(document)
    try:
        statuses = {str(status): table.add(_schemas(document, answers[status])) for status in answers}
        return AnswerRules(statuses, table.shapes())
    except (AnswersUnusable, RecursionError, TypeError, AttributeError):
        return None


def _schemas(document: Node, answer: Any) -> list[Any]:
    """The schemas of an answer's media types in JSON."""
    contents = members(resolve(document, answer), "content").items()
    medias = [resolve(document, media) for name, media in contents if "json" in name.lower()]
    return [media.get("schema", True) for media in medias]


class _Table:
    """Shapes by the schemas that they stand for: several where a value may be described by several."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self._is_old = str(document.get("openapi", "")).startswith("3.0")
        self._places: dict[frozenset[int], int] = {}
        self._shapes: list[Shape] = []

    def shapes(self) -> tuple[Shape, ...]:
        return tuple(self._shapes)

    def add(self, schemas: Iterable[Any]) -> int:
        """The place of the shape of a value that all these schemas describe. Raises AnswersUnusable."""
        parts = list(self._parts(schemas))
        spoken = [part for part in parts if isinstance(part, dict) and _SAYS_SOMETHING & part.keys()]
        has_parts = any(_HAS_PARTS & part.keys() for part in spoken)
        key = frozenset(map(_identity, parts)) if has_parts or not spoken else _NO_PARTS
        if key not in self._places:
            if len(self._shapes) >= MOST_SHAPES:
                raise AnswersUnusable
            place = self._places[key] = len(self._shapes)
            self._shapes.append(Shape())
            self._shapes[place] = self._shape(parts, spoken)
        return self._places[key]

    def _parts(self, schemas: Iterable[Any]) -> Iterator[Any]:
        """Each schema with what it refers to and is composed of, once."""
        waiting, seen = list(schemas), set[int]()
        while waiting:
            schema = waiting.pop()
            if _identity(schema) in seen:
                continue
            seen.add(_identity(schema))
            yield schema
            if isinstance(schema, dict):
                waiting += self._further(schema)

    def _further(self, schema: Node) -> Iterator[Any]:
        if "$ref" in schema:
            target = at(self._document, str(schema["$ref"]))
            if target is None:
                raise AnswersUnusable
            yield target
        if "$ref" not in schema or not self._is_old:
            for word in _COMPOSED:
                yield from elements(schema, word)
            yield from (schema[word] for word in _BRANCHES if word in schema)
            yield from members(schema, "dependentSchemas").values()

    def _shape(self, parts: list[Any], spoken: list[Node]) -> Shape:
        if not spoken:
            return Shape(whole=any(part is not False for part in parts))
        own = [part for part in spoken if not (self._is_old and "$ref" in part)]
        others = [part["additionalProperties"] for part in own if part.get("additionalProperties", False) is not False]
        items = [part["items"] for part in own if part.get("items", False) is not False]
        items += [first for part in own for first in elements(part, "prefixItems")]
        return Shape(
            members=self._named(own, "properties"),
            patterns=self._named(own, "patternProperties"),
            others=self.add(others) if others else None,
            items=self.add(items) if items else None,
        )

    def _named(self, parts: list[Node], word: str) -> dict[str, int]:
        """By name the shape of what all parts say of it, without what is only written."""
        schemas: dict[str, list[Any]] = {}
        for part in parts:
            for name, schema in members(part, word).items():
                schemas.setdefault(name, []).append(schema)
        shown = {name: found for name, found in schemas.items() if not any(map(self._is_hidden, found))}
        return {name: self.add(found) for name, found in shown.items()}

    def _is_hidden(self, schema: Any) -> bool:
        return schema is False or resolve(self._document, schema).get("writeOnly") is True


def _identity(schema: Any) -> int:
    return int(schema) if isinstance(schema, bool) else id(schema)
