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
    return AnswerTable(document).rules(method, path)


def _schemas(document: Node, answer: Any) -> list[Any]:
    """The schemas of an answer's media types in JSON."""
    contents = members(resolve(document, answer), "content").items()
    medias = [resolve(document, media) for name, media in contents if "json" in name.lower()]
    return [media.get("schema", True) for media in medias]


class AnswerTable:
    """Shapes by the schemas that they stand for: several where a value may be described by several.

    Operations of one document share most of their schemas, so the table is made once for all; each operation gets the
    shapes that its answers lead to.
    """

    def __init__(self, document: Node) -> None:
        self._document = document
        self._is_old = str(document.get("openapi", "")).startswith("3.0")
        self._given: dict[frozenset[int], int] = {}
        self._places: dict[frozenset[int], int] = {}
        self._shapes: list[Shape] = []
        self._known = 0

    def rules(self, method: str, path: str) -> AnswerRules | None:
        """The rules of a method on a path template; None where they cannot be made."""
        answers = members(operation_object(self._document, method, path), "responses")
        self._known = len(self._shapes)
        try:
            statuses = {str(status): self._add(_schemas(self._document, answers[status])) for status in answers}
            return _reachable(statuses, self._shapes)
        except (AnswersUnusable, RecursionError, TypeError, AttributeError):
            self._forget()
            return None

    def _forget(self) -> None:
        """What broke off leaves shapes without parts behind."""
        del self._shapes[self._known :]
        for table in (self._given, self._places):
            for key in [key for key, place in table.items() if place >= self._known]:
                del table[key]

    def _add(self, schemas: list[Any]) -> int:
        """The place of the shape of a value that all these schemas describe. Raises AnswersUnusable."""
        key = frozenset(map(_identity, schemas))
        if key not in self._given:
            self._given[key] = self._compose(schemas)
        return self._given[key]

    def _compose(self, schemas: list[Any]) -> int:
        parts = list(self._parts(schemas))
        spoken = [part for part in parts if isinstance(part, dict) and _SAYS_SOMETHING & part.keys()]
        has_parts = any(_HAS_PARTS & part.keys() for part in spoken)
        key = frozenset(map(_identity, parts)) if has_parts or not spoken else _NO_PARTS
        if key not in self._places:
            if len(self._shapes) >= self._known + MOST_SHAPES:
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
            others=self._add(others) if others else None,
            items=self._add(items) if items else None,
        )

    def _named(self, parts: list[Node], word: str) -> dict[str, int]:
        """By name the shape of what all parts say of it, without what is only written."""
        schemas: dict[str, list[Any]] = {}
        for part in parts:
            for name, schema in members(part, word).items():
                schemas.setdefault(name, []).append(schema)
        shown = {name: found for name, found in schemas.items() if not any(map(self._is_hidden, found))}
        return {name: self._add(found) for name, found in shown.items()}

    def _is_hidden(self, schema: Any) -> bool:
        return schema is False or resolve(self._document, schema).get("writeOnly") is True


def _reachable(statuses: dict[str, int], shapes: list[Shape]) -> AnswerRules:
    """The shapes to which the statuses lead, numbered anew. Raises AnswersUnusable."""
    numbers: dict[int, int] = {}
    waiting = list(statuses.values())
    while waiting:
        place = waiting.pop()
        if place not in numbers:
            numbers[place] = len(numbers)
            waiting += _below(shapes[place])
    if len(numbers) > MOST_SHAPES:
        raise AnswersUnusable
    found = tuple(_renumbered(shapes[place], numbers) for place in numbers)
    return AnswerRules({status: numbers[place] for status, place in statuses.items()}, found)


def _below(shape: Shape) -> list[int]:
    places = [*shape.members.values(), *shape.patterns.values(), shape.others, shape.items]
    return [place for place in places if place is not None]


def _renumbered(shape: Shape, numbers: dict[int, int]) -> Shape:
    return Shape(
        whole=shape.whole,
        members={name: numbers[place] for name, place in shape.members.items()},
        patterns={name: numbers[place] for name, place in shape.patterns.items()},
        others=None if shape.others is None else numbers[shape.others],
        items=None if shape.items is None else numbers[shape.items],
    )


def _identity(schema: Any) -> int:
    return int(schema) if isinstance(schema, bool) else id(schema)
