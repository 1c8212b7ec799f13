"""Where a value departs from its schema, found after the validator has refused it.

The validator's own list of errors is not used: making it takes time without bound for some schemas, and its texts quote
the value. Here the schema is walked beside the value, into the parts that the validator refuses, within a budget of
steps and of levels that shrinks as the value grows. What is not found in time is reported at the place reached.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema_rs import Draft202012Validator

from contract.request_rules import Schema
from contract.schema_validators import compile_schema, definition_name
from gateway.validation import wording

Found = tuple[str, str]
"""A JSON Pointer and a message."""

STEPS_MAX = 500
_LEVELS_MAX, _LEVELS_LEAST = 20, 3
_BYTES_TIMES_LEVELS = 1 << 20
_PER_LEVEL = 8
"""Steps inside one level: a schema may refer to others before it says anything."""
_VALIDATORS_MAX = 500
_HIDDEN_NAME = "*"
_NAMES = ("properties", "patternProperties", "additionalProperties")
_CHOICES = ("anyOf", "oneOf")
_COUNTED = ("contains", "minContains", "maxContains")


class Explainer:
    """The schemas of one operation; `names` are the property names that its document knows."""

    def __init__(self, definitions: Mapping[str, Schema], names: frozenset[str]) -> None:
        self._definitions = definitions
        self._names = names
        self._validators: dict[tuple[int, str], tuple[Schema, Draft202012Validator]] = {}

    def explain(self, schema: Schema, value: Any, size_bytes: int) -> Iterator[Found]:
        """What is wrong with a refused value; nothing where that cannot be told."""
        levels = max(_LEVELS_LEAST, min(_LEVELS_MAX, _BYTES_TIMES_LEVELS // max(size_bytes, 1)))
        return _Walk(self).into(schema, value, "", levels * _PER_LEVEL)

    def is_valid(self, schema: Schema, value: Any) -> bool:
        """Whether a part of the value fits a part of the schema."""
        return schema if isinstance(schema, bool) else self._validator(schema, "", schema).is_valid(value)

    def breaks(self, schema: dict[str, Any], word: str, value: Any) -> bool:
        """Whether a value breaks one keyword of a schema, seen by itself as far as that means anything."""
        if word.startswith("unevaluated"):
            rest = {key: part for key, part in schema.items() if key != word}
            return self._validator(schema, word, rest).is_valid(value)
        alone = {key: schema[key] for key in (_COUNTED if word == "contains" else (word,)) if key in schema}
        return not self._validator(schema, word, alone).is_valid(value)

    def has_undeclared(self, schema: dict[str, Any], value: dict[str, Any]) -> bool:
        """Whether members that no property names are not as the schema asks."""
        about_names = {word: schema[word] for word in _NAMES if word in schema}
        about_names["properties"] = dict.fromkeys(schema.get("properties", {}), True)
        return not self._validator(schema, "names", about_names).is_valid(value)

    def _validator(self, owner: dict[str, Any], word: str, schema: Schema) -> Draft202012Validator:
        """Kept beside the schema that it belongs to, so that the schema's id stays its own."""
        kept = self._validators.get((id(owner), word))
        if kept is None:
            if len(self._validators) >= _VALIDATORS_MAX:
                self._validators.clear()
            kept = self._validators[id(owner), word] = (owner, compile_schema(schema, self._definitions))
        return kept[1]

    def definition(self, reference: str) -> Schema:
        """What a `$ref` of the rules names."""
        return self._definitions[definition_name(reference)]

    def step(self, at: str, name: str | int) -> str:
        """A pointer one level down. Names that the document does not know are the request's own: they are hidden."""
        text = str(name) if isinstance(name, int) or name in self._names else _HIDDEN_NAME
        return f"{at}/{text.replace('~', '~0').replace('/', '~1')}"


class _Walk:
    """`left` in its methods is how many steps may still be made downwards."""

    def __init__(self, schemas: Explainer) -> None:
        self._schemas = schemas
        self._steps_left = STEPS_MAX

    def into(self, schema: Schema, value: Any, at: str, left: int) -> Iterator[Found]:
        """The departures of a refused value from a schema."""
        self._steps_left -= 1
        if schema is False:
            yield at, wording.NOT_ALLOWED
        elif left <= 0 or self._steps_left < 0:
            yield at, wording.GENERIC
        elif isinstance(schema, dict):
            yield from self._here(schema, value, at)
            yield from self._composed(schema, value, at, left)
            if isinstance(value, dict):
                yield from self._members(schema, value, at, left)
            elif isinstance(value, list):
                yield from self._elements(schema, value, at, left)

    def _here(self, schema: dict[str, Any], value: Any, at: str) -> Iterator[Found]:
        for word in schema:
            if word in wording.SENTENCES and word not in _CHOICES and self._schemas.breaks(schema, word, value):
                yield at, wording.SENTENCES[word](schema[word])

    def _composed(self, schema: dict[str, Any], value: Any, at: str, left: int) -> Iterator[Found]:
        """Schemas for the same value."""
        if "$ref" in schema:
            yield from self._refused(self._schemas.definition(schema["$ref"]), value, at, left - 1)
        for part in schema.get("allOf", ()):
            yield from self._refused(part, value, at, left - 1)
        for word in _CHOICES:
            if word in schema and self._schemas.breaks(schema, word, value):
                yield from self._choice(schema, word, value, at, left - 1)
        if "if" in schema:
            branch = "then" if self._schemas.is_valid(schema["if"], value) else "else"
            yield from self._refused(schema.get(branch, True), value, at, left - 1)

    def _choice(self, schema: dict[str, Any], word: str, value: Any, at: str, left: int) -> Iterator[Found]:
        """What is wrong with the one form that is of the value's type, if there is just one; else that none fits."""
        near = [part for part in schema[word] if self._is_of_its_type(part, value)]
        if len(near) == 1 and not self._schemas.is_valid(near[0], value):
            yield from self.into(near[0], value, at, left)
        else:
            yield at, wording.SENTENCES[word](schema[word])

    def _is_of_its_type(self, schema: Schema, value: Any) -> bool:
        for _ in range(_LEVELS_MAX):
            if isinstance(schema, bool) or "$ref" not in schema:
                break
            schema = self._schemas.definition(schema["$ref"])
        if isinstance(schema, bool):
            return schema
        return "type" not in schema or not self._schemas.breaks(schema, "type", value)

    def _members(self, schema: dict[str, Any], value: dict[str, Any], at: str, left: int) -> Iterator[Found]:
        for name in schema.get("required", ()):
            if name not in value:
                yield at, wording.missing(name)
        for name, part in schema.get("properties", {}).items():
            if name in value:
                yield from self._refused(part, value[name], self._schemas.step(at, name), left - _PER_LEVEL)
        if self._schemas.has_undeclared(schema, value):
            yield from self._undeclared(schema, value, at, left)

    def _undeclared(self, schema: dict[str, Any], value: dict[str, Any], at: str, left: int) -> Iterator[Found]:
        rest = schema.get("additionalProperties", True)
        if rest is False:
            yield at, wording.UNDECLARED
            return
        for name, member in value.items():
            if self._schemas.has_undeclared(schema, {name: member}):
                where = self._schemas.step(at, name)
                if isinstance(rest, dict) and not self._schemas.is_valid(rest, member):
                    yield from self.into(rest, member, where, left - _PER_LEVEL)
                else:
                    yield where, wording.GENERIC

    def _elements(self, schema: dict[str, Any], value: list[Any], at: str, left: int) -> Iterator[Found]:
        first = schema.get("prefixItems", ())
        rest = schema.get("items", True)
        for index, element in enumerate(value):
            part = first[index] if index < len(first) else rest
            yield from self._refused(part, element, self._schemas.step(at, index), left - _PER_LEVEL)

    def _refused(self, schema: Schema, value: Any, at: str, left: int) -> Iterator[Found]:
        if not self._schemas.is_valid(schema, value):
            yield from self.into(schema, value, at, left)
