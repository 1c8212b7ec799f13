"""The fields of a schema as a flat list, in whatever way the schema is put together."""

import time

import pytest

from catalog.fields import ANY, ELEMENT, MOST_FIELDS, Step, flatten


def paths(schema: object, document: dict | None = None, hidden: str = "writeOnly") -> list[str]:
    return [field.path for field in flatten(document or {}, schema, hidden=hidden)]


def objects(**properties: object) -> dict:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (objects(a={}, b=objects(c={})), ["a", "b", "b.c"]),
        ({"type": "array", "items": objects(a={})}, ["[].a"]),
        (objects(data={"type": "array", "items": objects(a={})}), ["data", "data[].a"]),
        ({"allOf": [objects(a={}), objects(b={})]}, ["a", "b"]),
        ({"anyOf": [objects(a={}), {"type": "null"}]}, ["a"]),
        ({"oneOf": [objects(a={}), objects(a={}, b={})]}, ["a", "b"]),
        ({"additionalProperties": objects(a={})}, ["*", "*.a"]),
        ({"type": "string"}, []),
        (None, []),
        (True, []),
        ({"properties": None, "items": None, "allOf": None}, []),
    ],
)
def test_fields_are_found_however_the_schema_is_composed(schema, expected):
    assert paths(schema) == expected


def test_steps_lead_to_the_field():
    schema = objects(data={"items": {"additionalProperties": objects(a={})}})
    found = {field.path: field.steps for field in flatten({}, schema, hidden="writeOnly")}
    assert found["data[].*.a"] == (Step("name", "data"), ELEMENT, ANY, Step("name", "a"))


def test_answers_leave_out_what_is_only_written_and_bodies_what_is_only_read():
    schema = objects(secret={"writeOnly": True}, id={"readOnly": True}, name={})
    assert paths(schema) == ["id", "name"]
    assert paths(schema, hidden="readOnly") == ["secret", "name"]


def test_required_type_and_description_come_along():
    schema = {**objects(a={"type": ["string", "null"], "description": "An *a*."}), "required": ["a"]}
    field = flatten({}, schema, hidden="writeOnly")[0]
    assert (field.type, field.description, field.is_required) == ("string, may be null", "An *a*.", True)


@pytest.mark.parametrize(
    "schema",
    [
        objects(next={"$ref": "#/components/schemas/It"}),
        objects(**{f"p{number}": {"$ref": "#/components/schemas/It"} for number in range(40)}),
        {"allOf": [{"$ref": "#/components/schemas/It"}] * 40},
        {"items": {"$ref": "#/components/schemas/It"}},
        {"$ref": "#/components/schemas/It"},
        {
            "anyOf": [{"$ref": "#/components/schemas/It"}] * 12,
            "additionalProperties": {"$ref": "#/components/schemas/It"},
        },
    ],
)
def test_a_schema_that_contains_itself_ends(schema):
    document = {"components": {"schemas": {"It": schema}}}
    started = time.process_time()
    found = flatten(document, {"$ref": "#/components/schemas/It"}, hidden="writeOnly")
    assert len(found) <= MOST_FIELDS
    # Not about speed: without its bounds this would run for hours.
    assert time.process_time() - started < 60
