"""What a plan that filters lets through: declared fields as they are, nothing else."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.answer_schemas import answer_rules
from contract.answer_rules import AnswerRules
from contract.masking.declared import DeclaredFields
from contract.masking.withheld import Withheld

NODE = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}, "n": {"type": "integer"}}}
NAMED = {"type": "object", "properties": {"name": {"type": "string"}}}


def document(schema: Any, openapi: str = "3.1.0") -> dict[str, Any]:
    answers = {
        "200": {"description": "ok", "content": {"application/json": {"schema": schema}}},
        "4XX": {
            "description": "no",
            "content": {"application/problem+json": {"schema": {"properties": {"title": {}}}}},
        },
        "204": {"description": "none"},
    }
    components = {"schemas": {"Node": NODE, "Named": NAMED}}
    return {"openapi": openapi, "paths": {"/things": {"get": {"responses": answers}}}, "components": components}


def declared(schema: Any, openapi: str = "3.1.0") -> DeclaredFields:
    """As a gateway has it: made from the rules as they travel in a record."""
    rules = answer_rules(document(schema, openapi), "GET", "/things")
    return DeclaredFields(msgspec.json.decode(msgspec.json.encode(rules), type=AnswerRules))


def kept(schema: Any, body: str, status: int = 200) -> str:
    return declared(schema).keep(body.encode(), status).decode()


NAME = {"$ref": "#/components/schemas/Named"}
AGE = {"properties": {"age": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("schema", "body", "expected"),
    [
        (NAMED, '{"name":"A","secret":1}', '{"name":"A"}'),
        (NAMED, '{"secret":{"name":"A"}}', "{}"),
        (NAMED, '{"na\\u006de":"A","Name":1}', '{"name":"A"}'),
        (NAMED, '{"name":{"secret":1}}', '{"name":{}}'),
        (NAMED, '{"name":[1,{"secret":1}]}', '{"name":[]}'),
        (NAMED, '["secret"]', "[]"),
        (NAMED, '"text"', '"text"'),
        ({"type": "array", "items": NAMED}, '[{"name":"A","s":1},{"s":1},5]', '[{"name":"A"},{},5]'),
        ({"prefixItems": [NAMED], "items": False}, '[{"name":"A","s":1}]', '[{"name":"A"}]'),
        ({"allOf": [NAME, AGE]}, '{"name":"A","age":1,"s":1}', '{"name":"A","age":1}'),
        ({"oneOf": [NAME, {"anyOf": [AGE, {"type": "null"}]}]}, '{"name":"A","age":1,"s":1}', '{"name":"A","age":1}'),
        ({"if": NAME, "then": AGE, "else": NAME}, '{"name":"A","age":1,"s":1}', '{"name":"A","age":1}'),
        ({"$ref": "#/components/schemas/Node"}, '{"next":{"next":{"n":1,"s":1},"s":1}}', '{"next":{"next":{"n":1}}}'),
        ({**NAMED, "additionalProperties": False}, '{"name":"A","s":1}', '{"name":"A"}'),
        ({**NAMED, "additionalProperties": True}, '{"name":{"s":1},"s":{"t":1}}', '{"name":{},"s":{"t":1}}'),
        ({**NAMED, "additionalProperties": NAMED}, '{"x":{"name":"A","s":1}}', '{"x":{"name":"A"}}'),
        ({"patternProperties": {"^x-": NAMED}}, '{"x-a":{"name":"A","s":1},"y":1}', '{"x-a":{"name":"A"}}'),
        ({"type": "object"}, '{"s":1}', "{}"),
        (
            {"properties": {"any": {}, "all": True, "no": False}},
            '{"any":{"s":1},"all":[1],"no":1}',
            '{"any":{"s":1},"all":[1]}',
        ),
        ({"allOf": [NAME, {"description": "more"}]}, '{"name":"A","s":1}', '{"name":"A"}'),
        ({"properties": {"p": {"type": "string", "writeOnly": True}}}, '{"p":"s"}', "{}"),
        (NAMED, '{"name":123456789012345678901234567890}', '{"name":123456789012345678901234567890}'),
        (NAMED, '{"name":1.10}', '{"name":1.10}'),
        (NAMED, "", ""),
    ],
)
def test_it_keeps_what_is_declared_and_nothing_else(schema: Any, body: str, expected: str) -> None:
    assert kept(schema, body) == expected


@pytest.mark.parametrize(
    ("status", "expected"), [(200, '{"name":"A"}'), (404, '{"title":"t"}'), (204, "{}"), (500, "{}"), (201, "{}")]
)
def test_each_status_has_fields_of_its_own(status: int, expected: str) -> None:
    assert kept(NAMED, '{"name":"A","title":"t","s":1}', status) == expected


@pytest.mark.parametrize(("body", "expected"), [('{"a":1}', "{}"), ("[1]", "[]"), ('"s"', "null")])
def test_without_rules_nothing_is_declared(body: str, expected: str) -> None:
    assert DeclaredFields(None).keep(body.encode(), 200).decode() == expected


def test_lines_are_documents_of_their_own() -> None:
    assert declared(NAMED).keep_lines(b'{"name":"A","s":1}\n{"s":1}\n', 200) == b'{"name":"A"}\n{}\n'


@pytest.mark.parametrize("body", [b'{"name":1,"name":2}', b'{"name":', b"\xff", b"[" * 70 + b"]" * 70, b"{} {}"])
def test_what_cannot_be_read_for_certain_is_withheld(body: bytes) -> None:
    with pytest.raises(Withheld):
        declared(NAMED).keep(body, 200)


def test_in_3_0_what_stands_beside_a_reference_says_nothing() -> None:
    schema = {"$ref": "#/components/schemas/Named", "properties": {"age": {"type": "integer"}}}
    assert declared(schema, "3.0.3").keep(b'{"name":1,"age":2}', 200) == b'{"name":1}'
    assert declared(schema, "3.1.0").keep(b'{"name":1,"age":2}', 200) == b'{"name":1,"age":2}'


@pytest.mark.parametrize("schema", [{"$ref": "#/components/schemas/Absent"}, {"$ref": "#/components/schemas/Node/0"}])
def test_answers_that_cannot_be_understood_have_no_rules(schema: Any) -> None:
    assert answer_rules(document(schema), "GET", "/things") is None


NAMES = st.sampled_from(["a", "b", "secret"])
VALUES = st.recursive(
    st.integers(0, 9) | st.text("xy", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
SCHEMAS = st.recursive(
    st.just({"type": "string"}) | st.just({}),
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)},
            optional={"additionalProperties": st.booleans() | inner},
        ),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        *(st.fixed_dictionaries({word: st.lists(inner, min_size=1, max_size=2)}) for word in ("allOf", "anyOf")),
    ),
    max_leaves=6,
)


def slow(schemas: list[Any], value: Any) -> Any:
    """The rule in its own words, over plain values."""
    parts = list(schemas)
    for part in parts:
        parts += [inner for word in ("allOf", "anyOf") if isinstance(part, dict) for inner in part.get(word, [])]
    if all(part in ({}, True) for part in parts):
        return value
    said = [part for part in parts if isinstance(part, dict)]
    if isinstance(value, list):
        items = [part["items"] for part in said if "items" in part]
        return [slow(items, element) for element in value] if items else []
    if not isinstance(value, dict):
        return value
    result = {}
    rest = [part["additionalProperties"] for part in said if part.get("additionalProperties", False) is not False]
    for name, member in value.items():
        named = [part["properties"][name] for part in said if name in part.get("properties", {})]
        if named or rest:
            result[name] = slow(named or rest, member)
    return result


@settings(max_examples=500, deadline=None)
@given(SCHEMAS, VALUES)
def test_it_keeps_what_the_slow_reading_of_the_schema_keeps(schema: Any, value: Any) -> None:
    assert json.loads(kept(schema, json.dumps(value))) == slow([schema], value)
