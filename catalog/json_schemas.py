"""Schemas of an OpenAPI document as JSON Schema 2020-12, small and by themselves.

What only describes is left out. `$ref`s become `#/$defs/<number>`, each schema once, so schemas may contain themselves.
A 3.0 document's own words are translated (OpenAPI 3.0.4, "Schema Object"): `nullable`, `exclusiveMinimum: true`.
"""

from typing import Any, Literal

from catalog.documents import Node, at, elements, members, resolve
from contract.request_rules import Schema

_KEPT = frozenset(
    {
        *("type", "enum", "const", "format", "pattern", "minLength", "maxLength", "multipleOf"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("minItems", "maxItems", "uniqueItems", "minContains", "maxContains"),
        *("minProperties", "maxProperties", "required", "dependentRequired"),
    }
)
_SCHEMA = frozenset(
    {
        *("items", "contains", "unevaluatedItems", "additionalProperties", "propertyNames", "unevaluatedProperties"),
        *("not", "if", "then", "else"),
    }
)
_SCHEMAS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_NAMED_SCHEMAS = frozenset({"properties", "patternProperties", "dependentSchemas"})
_UNREADABLE = ("$dynamicRef", "$recursiveRef")
_BOUNDS = {"int32": 1 << 31, "int64": 1 << 63}
Hidden = Literal["readOnly", "writeOnly"]


class SchemaUnusable(ValueError):
    """One sentence: which part of a schema cannot be used."""


class Bundle:
    """Converts the schemas of one operation; `definitions` grow with what they refer to.

    Properties marked `hidden` are refused: `readOnly` ones in requests, `writeOnly` ones in answers.
    """

    def __init__(self, document: Node, hidden: Hidden) -> None:
        self.definitions: dict[str, Schema] = {}
        self._document = document
        self._hidden = hidden
        self._is_old = str(document.get("openapi", "")).startswith("3.0")
        self._names: dict[str, str] = {}

    def convert(self, schema: Any) -> Schema:
        """Raises SchemaUnusable."""
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            raise SchemaUnusable("A schema is neither an object nor true or false.")
        for word in _UNREADABLE:
            if word in schema:
                raise SchemaUnusable(f"{word} is not read; use $ref.")
        reference = schema.get("$ref")
        if reference is None:
            return self._plain(schema)
        referred: Schema = {"$ref": self._definition(str(reference))}
        siblings = {} if self._is_old else self._plain({key: value for key, value in schema.items() if key != "$ref"})
        return {**siblings, **referred} if isinstance(siblings, dict) else siblings

    def _definition(self, reference: str) -> str:
        if reference not in self._names:
            name = self._names[reference] = str(len(self._names))
            target = at(self._document, reference)
            if target is None:
                raise SchemaUnusable(f"$ref {reference[:200]!r} leads nowhere.")
            self.definitions[name] = self.convert(target)
        return f"#/$defs/{self._names[reference]}"

    def _plain(self, schema: Node) -> Schema:
        converted: dict[str, Any] = {}
        for word, value in schema.items():
            if word in _KEPT:
                converted[word] = value
            elif word in _SCHEMA:
                converted[word] = self.convert(value)
            elif word in _SCHEMAS and isinstance(value, list):
                converted[word] = [self.convert(part) for part in value]
            elif word in _NAMED_SCHEMAS and isinstance(value, dict):
                converted[word] = {name: self.convert(part) for name, part in value.items()}
        self._hide(schema, converted)
        if self._is_old:
            _translate(schema, converted)
        _bound(converted)
        return converted

    def _hide(self, schema: Node, converted: dict[str, Any]) -> None:
        """What is hidden cannot be required either (OpenAPI 3.0.4, "Fixed Fields" of the Schema Object)."""
        hidden = self._hidden_names(schema, set())
        for name in members(schema, "properties"):
            if name in hidden:
                converted["properties"][name] = False
        _require_less(converted, hidden)

    def _hidden_names(self, schema: Node, seen: set[str]) -> set[str]:
        """The hidden properties of a schema and of what it is composed of."""
        properties = members(schema, "properties").items()
        names = {name for name, part in properties if resolve(self._document, part).get(self._hidden) is True}
        for part in elements(schema, "allOf"):
            reference = part.get("$ref") if isinstance(part, dict) else None
            if reference is None or reference not in seen:
                names |= self._hidden_names(resolve(self._document, part), seen | {str(reference)})
        return names


def _require_less(converted: dict[str, Any], hidden: set[str]) -> None:
    """Also in the parts written out in place: the usual way to add required names to a common schema."""
    if hidden and isinstance(converted.get("required"), list):
        converted["required"] = [name for name in converted["required"] if name not in hidden]
    for part in converted.get("allOf", []):
        if hidden and isinstance(part, dict):
            _require_less(part, hidden)


def _translate(schema: Node, converted: dict[str, Any]) -> None:
    kind = schema.get("type")
    if schema.get("nullable") is True and isinstance(kind, str):
        converted["type"] = [kind, "null"]
    for word, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(converted.get(word), bool) and converted.pop(word) and limit in converted:
            converted[word] = converted.pop(limit)


def _bound(converted: dict[str, Any]) -> None:
    """`int32` and `int64` say what fits into the upstream's variables."""
    above = _BOUNDS.get(str(converted.get("format")))
    kinds = converted.get("type")
    if above is not None and "integer" in (kinds if isinstance(kinds, list) else [kinds]):
        converted["minimum"] = max(converted.get("minimum", -above), -above)
        converted["maximum"] = min(converted.get("maximum", above - 1), above - 1)
