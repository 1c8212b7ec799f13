"""A body of one media type, compiled: what is wrong with it."""

from collections.abc import Iterator, Mapping
from typing import Any

from contract.request_rules import Content, Field, Schema
from contract.schema_validators import compile_schema
from gateway.validation import wording
from gateway.validation.explain import Explainer
from gateway.validation.issues import Issue, Malformed
from gateway.validation.json_text import read_json
from gateway.validation.media import FORM, is_read
from gateway.validation.places import read_pairs
from gateway.validation.reading import Reader
from gateway.validation.scalars import first_reading
from gateway.validation.shapes import shape_of
from gateway.validation.styles import once


class FormReader:
    """A form as the object that its schema describes: a field a property (OpenAPI 3.1, "Encoding Object")."""

    def __init__(self, content: Content, definitions: Mapping[str, Schema]) -> None:
        shape = shape_of(content.schema, definitions)
        self._rest = shape.rest
        self._readers = [
            _field_reader(name, schema, content.fields.get(name, Field()), definitions)
            for name, schema in shape.schemas.items()
        ]

    def read(self, body: bytes) -> dict[str, Any]:
        """Raises Malformed."""
        values = read_pairs(body)
        found = {reader.name: read[0] for reader in self._readers if (read := reader.of_values(values)) is not None}
        claimed = set[str]().union(*(reader.claimed(values) for reader in self._readers))
        rest = {name: first_reading(once(values[name]), self._rest) for name in values if name not in claimed}
        return {**rest, **found}


def _field_reader(name: str, schema: Schema, field: Field, definitions: Mapping[str, Schema]) -> Reader:
    style, media_type = field.style, field.media_type
    return Reader(name, schema, definitions, style=style, explode=field.explode, media_type=media_type)


class CompiledContent:
    """One media type, or range of types, of an operation's body."""

    def __init__(self, content: Content, definitions: Mapping[str, Schema], explainer: Explainer) -> None:
        self._schema = content.schema
        self._explainer = explainer
        self._validator = compile_schema(content.schema, definitions)
        self._form = FormReader(content, definitions)

    def issues(self, body: bytes, media_type: str) -> Iterator[Issue]:
        """What is wrong with a body of a type that is read."""
        assert is_read(media_type)
        try:
            document = self._form.read(body) if media_type == FORM else read_json(body)
        except Malformed as error:
            yield Issue("body", str(error))
            return
        if not self._validator.is_valid(document):
            yield from self._explain(document, len(body))

    def _explain(self, document: Any, size_bytes: int) -> Iterator[Issue]:
        nothing_found = True
        for pointer, message in self._explainer.explain(self._schema, document, size_bytes):
            nothing_found = False
            yield Issue("body", message, pointer=pointer)
        if nothing_found:
            yield Issue("body", wording.GENERIC)
