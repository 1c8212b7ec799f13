"""Examples: the document's own first, else made from schemas, which may contain themselves."""

import json

import pytest

from portal.reference.examples import answer_example, media_example
from portal.reference.parameters import parameters_of

NODE = {"type": "object", "properties": {"name": {"type": "string"}, "next": {"$ref": "#/components/schemas/Node"}}}
MANY = {"type": "object", "properties": {f"p{n}": {"$ref": "#/components/schemas/Many"} for n in range(50)}}
LOOP = {"$ref": "#/components/schemas/Loop"}
ALL = {"allOf": [{"$ref": "#/components/schemas/All"}] * 20}
ADA = {"value": {"name": "Ada", "twin": {"$ref": "#/components/examples/Ada"}}}
DOCUMENT = {"components": {"schemas": {"Node": NODE, "Many": MANY, "Loop": LOOP, "All": ALL}, "examples": {"Ada": ADA}}}


def made(schema: object) -> object:
    return media_example(DOCUMENT, {"schema": schema})


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ({"example": None, "schema": {"type": "string"}}, None),
        ({"examples": {"one": {"value": 1}, "two": {"value": 2}}}, 1),
        ({"example": [{"$ref": "#/components/examples/Ada"}]}, [ADA["value"]]),
        ({"example": {"$ref": "#/components/examples/Nobody"}}, {"$ref": "#/components/examples/Nobody"}),
        ({"schema": {"type": "string", "examples": ["a"]}}, "a"),
        ({"schema": {"enum": ["b", "c"]}}, "b"),
        ({"schema": {"const": 7}}, 7),
        ({"schema": {"type": ["null", "integer"], "minimum": 3}}, 3),
        ({"schema": {"type": "string", "format": "date"}}, "2026-01-31"),
        ({"schema": {"type": "array", "items": {"type": "boolean"}}}, [True]),
        (
            {"schema": {"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]}},
            {"a": 1, "b": 2},
        ),
        ({"schema": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}, "text"),
        ({}, None),
        ({"schema": True}, None),
    ],
)
def test_an_example_is_the_documents_own_or_made_from_the_schema(media, expected):
    assert media_example(DOCUMENT, media) == expected


@pytest.mark.parametrize("name", ["Node", "Many", "Loop", "All"])
def test_a_schema_that_contains_itself_ends(name):
    assert len(json.dumps(made({"$ref": f"#/components/schemas/{name}"}))) < 200_000


def test_the_answer_is_the_first_success_in_json():
    answers = {
        "404": {"description": "no"},
        "204": {"description": "Nothing"},
        "200": {"description": "Yes", "content": {"application/json": {"example": {"a": 1}}}},
    }
    document = {"paths": {"/": {"get": {"responses": answers}}}}
    assert answer_example(document, "GET", "/") == (200, "Yes", True, {"a": 1})
    del answers["200"]
    assert answer_example(document, "GET", "/") == (204, "Nothing", False, None)
    del answers["204"]
    assert answer_example(document, "GET", "/") is None


def test_the_operations_parameters_win_over_the_paths():
    shared = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    own = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1, "maximum": 9}}
    late = {"name": "q", "in": "query", "schema": {"type": "array", "items": {"enum": ["a", "b"]}}}
    document = {"paths": {"/{id}": {"parameters": [late, shared], "get": {"parameters": [own]}}}}
    rows = parameters_of(document, "GET", "/{id}")
    assert [(row.name, row.place, row.type, row.is_required) for row in rows] == [
        ("id", "in the path", "integer, 1 to 9", True),
        ("q", "in the query", "list of one of a, b", False),
    ]
