"""A place in one of two documents that are compared, and what stands there once references and `allOf` are followed."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from catalog.documents import MOST_HOPS, Node, at, elements, members

BOUNDS = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"), 1),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"), -1),
}
"""1: a larger value takes less. -1: a smaller one does."""
_CHOICES = ("anyOf", "oneOf")
_SAID = frozenset(
    {
        *("$ref", "type", "nullable", "enum", "const", "format", "allOf", *_CHOICES, *BOUNDS),
        *("properties", "required", "items", "additionalProperties", "default", "deprecated", "readOnly", "writeOnly"),
    }
)
TEXTS = frozenset(
    {
        *("title", "summary", "description", "example", "examples", "externalDocs", "tags", "xml", "$comment"),
        *("discriminator", "contentMediaType", "$schema", "$id", "$anchor"),
    }
)
_MOST_PARTS = 200


class Side(NamedTuple):
    """A node of a document and its JSON Pointer."""

    document: Node
    node: Any
    pointer: str

    def child(self, *names: str | int) -> "Side":
        """What stands below; None where nothing does."""
        side = self
        for name in names:
            below = side.node
            if isinstance(below, list) and isinstance(name, int) and name < len(below):
                node = below[name]
            else:
                node = below.get(name) if isinstance(below, dict) else None
            escaped = str(name).replace("~", "~0").replace("/", "~1")
            side = Side(self.document, node, f"{side.pointer}/{escaped}")
        return side

    def children(self, name: str) -> dict[str, "Side"]:
        """The members of the object below."""
        return {key: self.child(name, key) for key in members(self.node if isinstance(self.node, dict) else {}, name)}

    def followed(self) -> "Side":
        """What is referred to; siblings of `$ref` go first (OpenAPI 3.1)."""
        side = self
        siblings: Node = {}
        for _ in range(MOST_HOPS):
            if not isinstance(side.node, dict) or not isinstance(side.node.get("$ref"), str):
                break
            siblings = {**{key: value for key, value in side.node.items() if key != "$ref"}, **siblings}
            side = Side(self.document, at(self.document, side.node["$ref"]), side.node["$ref"])
        merged = {**side.node, **siblings} if siblings and isinstance(side.node, dict) else side.node
        return Side(self.document, merged, side.pointer)


class View(NamedTuple):
    """What a schema says, with what it is composed of. None stands for "anything" in `types` and `values`."""

    types: frozenset[str] | None
    is_nullable: bool
    values: list[Any] | None
    format: str
    bounds: dict[str, float]
    properties: dict[str, Side]
    required: frozenset[str]
    items: Side | None
    others: Any
    choices: list[Side]
    default: Any
    is_deprecated: bool
    rest: Node


def view_of(side: Side, hidden: str) -> View:
    """`hidden` is the word that takes a property out of this direction: readOnly or writeOnly."""
    parts, choices, is_nullable = _parts_of(side)
    nodes = [part.node for part in parts]
    others = (part.child("additionalProperties") for part in parts if "additionalProperties" in part.node)
    types = _types(nodes)
    values = _values(nodes)
    properties = _properties(parts, hidden)
    return View(
        types=None if types is None else types - {"null"},
        is_nullable=is_nullable or _takes_null(nodes, types),
        values=None if values is None else [value for value in values if value is not None],
        format=next((str(node["format"]) for node in nodes if "format" in node), ""),
        bounds=_bounds(nodes),
        properties=properties,
        required=frozenset(str(name) for node in nodes for name in elements(node, "required")) & properties.keys(),
        items=next((part.child("items") for part in parts if "items" in part.node), None),
        others=next(others, None),
        choices=choices,
        default=next((node["default"] for node in nodes if "default" in node), None),
        is_deprecated=any(node.get("deprecated") is True for node in nodes),
        rest=_rest(nodes),
    )


def _parts_of(side: Side) -> tuple[list[Side], list[Side], bool]:
    """A schema and what it is composed of; the kinds of value among which it leaves the choice; whether null is one.

    A choice between one kind and null is that kind.
    """
    parts: list[Side] = []
    choices: list[Side] = []
    is_nullable = False
    waiting = [side]
    while waiting and len(parts) < _MOST_PARTS:
        part = waiting.pop(0).followed()
        if not isinstance(part.node, dict) or any(part.node is seen.node for seen in parts):
            continue
        parts.append(part)
        waiting += [part.child("allOf", index) for index in range(len(elements(part.node, "allOf")))]
        for word in _CHOICES:
            found, has_null = _choice(part, word)
            is_nullable = is_nullable or has_null
            if len(found) == 1:
                waiting += found
            else:
                choices += found
    return parts, choices, is_nullable


def _choice(part: Side, word: str) -> tuple[list[Side], bool]:
    sides = [part.child(word, index) for index in range(len(elements(part.node, word)))]
    kinds = [side for side in sides if not (isinstance(side.node, dict) and side.node.get("type") == "null")]
    return kinds, len(kinds) < len(sides)


def _types(nodes: list[Node]) -> frozenset[str] | None:
    said = [frozenset(types) for types in map(_types_of, nodes) if types]
    if not said:
        return None
    found = said[0]
    for types in said[1:]:
        found = (found & types) or found
    return found


def _types_of(node: Node) -> list[str]:
    kind = node.get("type")
    if kind is None:
        implied = [("properties", "object"), ("items", "array")]
        return [name for word, name in implied if word in node][:1]
    return [str(each) for each in kind] if isinstance(kind, list) else [str(kind)]


def _takes_null(nodes: list[Node], types: frozenset[str] | None) -> bool:
    return bool(types and "null" in types) or any(node.get("nullable") is True for node in nodes)


def _values(nodes: list[Node]) -> list[Any] | None:
    for node in nodes:
        if isinstance(node.get("enum"), list):
            return list(node["enum"])
        if "const" in node:
            return [node["const"]]
    return None


def _bounds(nodes: list[Node]) -> dict[str, float]:
    """The tightest of each; `exclusiveMinimum: true` of 3.0 makes the minimum exclusive."""
    found: dict[str, float] = {}
    for word, value in (pair for node in nodes for pair in _bounds_of(node)):
        tighter = max if BOUNDS[word] > 0 else min
        found[word] = tighter(found[word], value) if word in found else value
    return found


def _bounds_of(node: Node) -> Iterator[tuple[str, float]]:
    for word in BOUNDS:
        value = node.get(word)
        if isinstance(value, bool):
            continue
        exclusive = f"exclusive{word[:1].upper()}{word[1:]}"
        if isinstance(value, (int, float)):
            yield (exclusive if node.get(exclusive) is True else word), value


def _properties(parts: list[Side], hidden: str) -> dict[str, Side]:
    found: dict[str, Side] = {}
    for part in parts:
        for name, side in part.children("properties").items():
            found.setdefault(name, side)
    return {name: side for name, side in found.items() if not _is_hidden(side, hidden)}


def _is_hidden(side: Side, hidden: str) -> bool:
    node = side.followed().node
    return node is False or (isinstance(node, dict) and node.get(hidden) is True)


def _rest(nodes: list[Node]) -> Node:
    """What is compared as a whole."""
    return {
        word: value
        for node in nodes
        for word, value in node.items()
        if word not in _SAID and word not in TEXTS and not word.startswith("x-")
    }
