"""One parameter of an operation, compiled: what is wrong with what a request gives for it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from contract.request_rules import Parameter, Schema
from contract.schema_validators import compile_schema
from gateway.validation import wording
from gateway.validation.explain import Explainer
from gateway.validation.issues import Issue, Malformed
from gateway.validation.places import Named, utf8
from gateway.validation.reading import Reader
from gateway.validation.styles import once

_MISSING = "Is required."
_LIST_COMMA = re.compile(r"[ \t]*+,[ \t]*+")
_SIZE_BYTES = 1_024
"""Stands for the size of any parameter: the request line bounds them all."""


class CompiledParameter:
    """`others` are the names of the other parameters in the same place."""

    __slots__ = ("_explainer", "_rule", "_validator", "name", "reader")

    def __init__(
        self, rule: Parameter, definitions: Mapping[str, Schema], explainer: Explainer, others: frozenset[str]
    ) -> None:
        self.name = rule.name
        self.reader = Reader(
            rule.name,
            rule.schema,
            definitions,
            style=rule.style,
            explode=rule.explode,
            media_type=rule.media_type,
            others=others,
        )
        self._rule = rule
        self._explainer = explainer
        self._validator = compile_schema(rule.schema, definitions)

    def issues_in_text(self, text: str | None) -> Iterator[Issue]:
        """For path and header: one text, or None where the parameter is not there."""
        try:
            yield from self._judge(None if text is None else self.reader.of_text(text))
        except Malformed as error:
            yield self._issue(str(error))

    def issues_in_header(self, values: list[bytes]) -> Iterator[Issue]:
        """For header: the fields of its name. Several are one list (RFC 9110, section 5.2), but no single value."""
        try:
            texts = [utf8(value) for value in values]
            text = _LIST_COMMA.sub(",", ",".join(texts)) if self.reader.is_structured else once(texts or [""])
        except Malformed as error:
            yield self._issue(str(error))
            return
        yield from self.issues_in_text(text if values else None)

    def issues_in_values(self, values: Named) -> Iterator[Issue]:
        """For query and cookies: all values by name."""
        if self._rule.allow_empty and values.get(self.name) == [""]:
            return
        try:
            yield from self._judge(self.reader.of_values(values))
        except Malformed as error:
            yield self._issue(str(error))

    def _judge(self, readings: list[Any] | None) -> Iterator[Issue]:
        if readings is None:
            if self._rule.required:
                yield self._issue(_MISSING)
        elif not any(map(self._validator.is_valid, readings)):
            yield from self._explain(readings[0])

    def _explain(self, value: Any) -> Iterator[Issue]:
        nothing_found = True
        for pointer, message in self._explainer.explain(self._rule.schema, value, _SIZE_BYTES):
            nothing_found = False
            yield self._issue(message, pointer)
        if nothing_found:
            yield self._issue(wording.GENERIC)

    def _issue(self, message: str, pointer: str = "") -> Issue:
        return Issue(self._rule.place, message, self.name, pointer)
