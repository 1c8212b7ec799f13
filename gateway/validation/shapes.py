"""What a schema asks for, as far as reading text needs to know: which JSON types, and of which parts."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from contract.request_rules import Schema
from contract.schema_validators import definition_name

_LEVELS = 16
_KINDS = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"))


class Shape(NamedTuple):
    """`kinds` are JSON types, empty where any will do; `rest` are the kinds of properties that have no name here.

    `is_open`: properties without a name here are declared too, by a schema for all of them. `schemas` has one schema
    for each name.
    """

    kinds: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()
    properties: Mapping[str, frozenset[str]] = {}
    rest: frozenset[str] = frozenset()
    is_open: bool = False
    schemas: Mapping[str, Schema] = {}


def shape_of(schema: Schema, definitions: Mapping[str, Schema]) -> Shape:
    """The shape of a schema with everything that it is composed of."""
    parts = list(_parts(schema, definitions, _LEVELS))
    properties: dict[str, frozenset[str]] = {}
    schemas: dict[str, Schema] = {}
    for part in parts:
        for name, inner in part.get("properties", {}).items():
            properties[name] = properties.get(name, frozenset()) | kinds_of(inner, definitions)
            schemas.setdefault(name, inner)
    open_ends = [part["additionalProperties"] for part in parts if part.get("additionalProperties", False) is not False]
    return Shape(
        kinds=kinds_of(schema, definitions),
        items=_union(definitions, [part["items"] for part in parts if "items" in part]),
        properties=properties,
        rest=_union(definitions, open_ends),
        is_open=bool(open_ends),
        schemas=schemas,
    )


def kinds_of(schema: Schema, definitions: Mapping[str, Schema]) -> frozenset[str]:
    """The JSON types that a schema names or whose values it lists."""
    return frozenset(kind for part in _parts(schema, definitions, _LEVELS) for kind in _own_kinds(part))


def _union(definitions: Mapping[str, Schema], schemas: list[Schema]) -> frozenset[str]:
    return frozenset[str]().union(*(kinds_of(schema, definitions) for schema in schemas))


def _parts(schema: Schema, definitions: Mapping[str, Schema], levels: int) -> Iterator[dict[str, Any]]:
    """A schema and those it refers to or is composed of, for the same value."""
    if isinstance(schema, bool) or levels == 0:
        return
    yield schema
    if "$ref" in schema:
        yield from _parts(definitions[definition_name(schema["$ref"])], definitions, levels - 1)
    for word in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(word, ()):
            yield from _parts(part, definitions, levels - 1)


def _own_kinds(schema: dict[str, Any]) -> Iterator[str]:
    kinds = schema.get("type", [])
    yield from [kinds] if isinstance(kinds, str) else kinds
    if not kinds:
        yield from _implied_kinds(schema)


def _implied_kinds(schema: dict[str, Any]) -> Iterator[str]:
    values = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])]
    for value in values:
        yield next((kind for known, kind in _KINDS if isinstance(value, known)), "null")
    if "properties" in schema:
        yield "object"
    if "items" in schema:
        yield "array"
