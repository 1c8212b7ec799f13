"""Schemas of answers as they are after a plan's masks.

Each schema is rewritten on the way down, together with how far each rule has matched: a component that two answers
share is copied once for each such state, so that schemas which contain themselves end. Where masks could make a
keyword say something untrue of the masked answer, the keyword goes: each answer must meet what is served.
"""

from typing import Any

from catalog.documents import Node, at, elements, members
from catalog.fields import ANY, ELEMENT, Step
from contract.masking.rules import MaskRule
from plans.visibility import Progress, severity_of
from plans.words import treatment_words

_COMPOSED = ("allOf", "anyOf", "oneOf")
#: They speak of whole values, or of when other schemas hold: masked values need not obey.
_UNTRUE = frozenset(
    {
        *("enum", "const", "default", "example", "examples", "not", "if", "then", "else", "discriminator"),
        *("dependentSchemas", "dependentRequired", "contains", "minContains", "maxContains", "uniqueItems"),
        *("minProperties", "minItems", "unevaluatedItems", "propertyNames"),
    }
)
#: What is referred to is copied; what nobody refers to would only tell names.
_UNUSED = frozenset({"$defs", "definitions", "$id", "$anchor", "$dynamicAnchor"})
_SCHEMAS = "#/components/schemas/"


class MaskedSchemas:
    """Rewrites the schemas of one document for one plan; `components` are the copies that it made, by name."""

    def __init__(self, document: Node, plan_name: str) -> None:
        self.components: Node = {}
        self._document = document
        self._plan_name = plan_name
        self._is_old = str(document.get("openapi", "")).startswith("3.0")
        self._copies: dict[tuple[str, Progress], str] = {}
        self._taken = set(members(members(document, "components"), "schemas"))

    def rewrite(self, schema: Any, progress: Progress) -> Any:
        """The schema of a value of which so much of the rules' paths lies above."""
        if not isinstance(schema, dict) or progress.is_over:
            return schema
        rewritten = {word: value for word, value in schema.items() if word not in _UNTRUE | _UNUSED}
        if isinstance(schema.get("$ref"), str):
            rewritten["$ref"] = self._copy(schema["$ref"], progress)
        for word in _COMPOSED:
            if word in schema:
                rewritten[word] = [self.rewrite(part, progress) for part in elements(schema, word)]
        self._rewrite_object(schema, rewritten, progress)
        self._rewrite_array(schema, rewritten, progress)
        return rewritten

    def _copy(self, reference: str, progress: Progress) -> str:
        """The reference to a component's copy."""
        known = self._copies.get((reference, progress))
        if known is None:
            known = self._copies[reference, progress] = self._new_name(reference)
            self.components[known] = self.rewrite(at(self._document, reference), progress)
        return _SCHEMAS + known

    def _new_name(self, reference: str) -> str:
        """A name that nothing has yet, of the characters that OpenAPI allows."""
        last = "".join(char for char in reference.rpartition("/")[2] if char.isalnum() or char in "._-")
        number = 1
        while (name := f"{last or 'Schema'}.masked{number}") in self._taken:
            number += 1
        self._taken.add(name)
        return name

    def _rewrite_object(self, schema: Node, rewritten: Node, progress: Progress) -> None:
        if "properties" in schema:
            named = members(schema, "properties").items()
            shown = {name: self._value(inner, progress, Step("name", name)) for name, inner in named}
            rewritten["properties"] = {name: inner for name, inner in shown.items() if inner is not None}
        if "required" in schema:
            names = [name for name in elements(schema, "required") if isinstance(name, str)]
            kept = [name for name in names if not _is_removed(progress, Step("name", name))]
            rewritten["required"] = kept
            if not kept:
                # OpenAPI 3.0 allows no empty list.
                del rewritten["required"]
        for name, inner in members(schema, "patternProperties").items():
            rewritten.setdefault("patternProperties", {})
            rewritten["patternProperties"] = {**rewritten["patternProperties"], name: self._maybe(inner, progress, ANY)}
        for word in ("additionalProperties", "unevaluatedProperties"):
            if isinstance(schema.get(word), dict):
                rewritten[word] = self._maybe(schema[word], progress, ANY)

    def _rewrite_array(self, schema: Node, rewritten: Node, progress: Progress) -> None:
        if "items" in schema:
            rewritten["items"] = self._maybe(schema["items"], progress, ELEMENT)
        if "prefixItems" in schema:
            rewritten["prefixItems"] = [
                self._maybe(item, progress, ELEMENT) for item in elements(schema, "prefixItems")
            ]

    def _value(self, schema: Any, progress: Progress, step: Step) -> Any:
        """A member's schema; None where the member is removed."""
        onward = progress.after(step)
        if not onward.hits:
            return self.rewrite(schema, onward)
        rule = min(onward.hits, key=severity_of)
        return None if rule.action == "remove" else self._masked(rule, schema)

    def _maybe(self, schema: Any, progress: Progress, step: Step) -> Any:
        """The schema of members of any name, or of elements: a rule may mean some of them only."""
        onward = progress.after(step)
        return {} if onward.hits else self.rewrite(schema, onward)

    def _masked(self, rule: MaskRule, schema: Any) -> Node:
        """What a mask leaves: `null` stays null and objects become it (contract.masking.actions)."""
        kinds = {"redact": [], "generalise": ["string", "number"]}.get(rule.action, ["string"])
        told = schema.get("description") if isinstance(schema, dict) else None
        words = f"On {self._plan_name}: {treatment_words(rule)}."
        description = f"{told.rstrip()} {words}" if isinstance(told, str) and told.strip() else words
        return {**self._nullable(kinds), "description": description}

    def _nullable(self, kinds: list[str]) -> Node:
        if not self._is_old:
            return {"type": [*kinds, "null"]}
        if not kinds:
            return {"nullable": True, "enum": [None]}
        return {"anyOf": [{"type": kind, "nullable": True} for kind in kinds]}


def _is_removed(progress: Progress, step: Step) -> bool:
    return any(rule.action == "remove" for rule in progress.after(step).hits)
