"""What a document says of requests, as rules that stand by themselves."""

from typing import Any

import msgspec
import pytest
from django.core.exceptions import ValidationError

from audit.actors import SYSTEM
from catalog.records import build_api, build_operation
from catalog.request_schemas import RulesUnusable, request_rules
from catalog.writes import import_document, set_api
from tests.factories import make_version


def of(schema: Any, openapi: str = "3.0.3", **components: Any) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": schema}}}
    operation = {"requestBody": body, "responses": {"200": {"description": "ok"}}}
    return {"openapi": openapi, "paths": {"/things": {"post": operation}}, "components": {"schemas": components}}


def converted(schema: Any, openapi: str = "3.0.3", **components: Any) -> Any:
    body = request_rules(of(schema, openapi, **components), "POST", "/things").body
    assert body is not None
    return body.contents[0].schema


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"nullable": True}, {}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
        ({"type": "integer", "format": "int32"}, {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}),
        ({"type": "integer", "format": "int64", "minimum": 0}, {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}),
        ({"type": "string", "example": "a", "description": "b", "xml": {}, "x-own": 1}, {"type": "string"}),
        ({"discriminator": {"propertyName": "k"}, "oneOf": [{"type": "string"}]}, {"oneOf": [{"type": "string"}]}),
        ({"properties": {"example": {"type": "string"}}}, {"properties": {"example": {"type": "string"}}}),
    ],
)
def test_words_of_3_0_become_json_schema(old: Any, new: Any) -> None:
    found = converted(old)
    assert {word: value for word, value in found.items() if word != "format"} == new


def test_what_stands_beside_a_reference_counts_from_3_1_on() -> None:
    schema = {"$ref": "#/components/schemas/Name", "maxLength": 3}
    assert converted(schema, Name={"type": "string"}) == {"$ref": "#/$defs/0"}
    assert converted(schema, "3.1.0", Name={"type": "string"}) == {"$ref": "#/$defs/0", "maxLength": 3}


def test_rules_hold_only_what_the_operation_reaches() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    rules = request_rules(of({"$ref": "#/components/schemas/Node"}, Node=node, Other=node), "POST", "/things")
    assert rules.definitions == {"0": {"type": "object", "properties": {"next": {"$ref": "#/$defs/0"}}}}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"$ref": "#/components/schemas/Absent"}, "leads nowhere"),
        ({"$dynamicRef": "#a"}, "$dynamicRef is not read"),
        ({"type": "string", "pattern": "("}, "pattern"),
        ({"type": "string", "pattern": "[^]"}, "pattern"),
        ({"type": "thing"}, "type"),
        ([], "neither an object"),
    ],
)
def test_a_schema_that_cannot_be_used_is_named_with_its_operation(schema: Any, words: str) -> None:
    with pytest.raises(RulesUnusable, match="POST /things") as unusable:
        converted(schema, "3.1.0")
    assert words in str(unusable.value)


def test_a_deeply_nested_schema_is_refused_not_fatal() -> None:
    schema: Any = {"type": "string"}
    for _ in range(5_000):
        schema = {"not": schema}
    with pytest.raises(RulesUnusable):
        converted(schema, "3.1.0")


DYNAMIC = """
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /things:
    get:
      parameters: [{name: p, in: query, schema: {$dynamicRef: "#a"}}]
      responses: {"200": {description: ok}}
"""


@pytest.mark.django_db
def test_a_document_that_cannot_be_validated_needs_an_api_that_does_not_validate() -> None:
    version = make_version()
    assert build_api("library").validation == "enforce"
    with pytest.raises(ValidationError, match="GET /things"):
        import_document(version, DYNAMIC, actor=SYSTEM)
    set_api("library", actor=SYSTEM, validation="off")
    version.refresh_from_db()
    (operation,) = import_document(version, DYNAMIC, actor=SYSTEM)
    assert build_operation(operation.public_id).request is None
    with pytest.raises(ValidationError, match="has no rules"):
        set_api("library", actor=SYSTEM, validation="report")


@pytest.mark.django_db
def test_rules_travel_with_the_operations_record() -> None:
    version = make_version()
    operation = version.operations.get(path="/books/{book_id}")
    record = build_operation(operation.public_id)
    assert record == msgspec.json.decode(msgspec.json.encode(record), type=type(record))
    assert [(rule.name, rule.place) for rule in record.request.parameters] == [("book_id", "path")]
    assert "request_rules" in operation.get_deferred_fields()


def test_properties_may_have_the_names_of_schema_words() -> None:
    """`$ref`, `properties` and the like are names of fields in some APIs, and values in others' enumerations."""
    words = {"$ref": {"type": "string"}, "properties": {"type": "integer"}, "allOf": {"type": "integer"}}
    found = converted({"type": "object", "properties": words, "enum": [{"$ref": "#/elsewhere"}]}, "3.1.0")
    assert found == {"type": "object", "properties": words, "enum": [{"$ref": "#/elsewhere"}]}
