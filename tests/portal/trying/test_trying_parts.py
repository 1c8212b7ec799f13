"""Values as the portal writes them are read back by the gateway as they were, in every style."""

import json

import pytest

from contract.request_rules import Parameter
from gateway.validation.places import read_pairs
from gateway.validation.reading import Reader
from portal.trying.inputs import Given, givens_of
from portal.trying.json_places import NotJson, line_of, read_json
from portal.trying.writing import one_text, path_part, query_pairs, query_string

WORDS, PAIR = ["a b", "é&=", "1.10"], {"by": "Jane A", "size": "10"}
LIST = {"type": "array", "items": {"type": "string"}}
OBJECT = {"type": "object", "properties": {"by": {"type": "string"}, "size": {"type": "string"}}}


def given(place: str, style: str, explode: bool) -> Given:
    return Given("n", place, "json", style, explode, True, "any")


def reader(place: str, style: str, explode: bool, schema: dict) -> Reader:
    rule = Parameter("n", place, style, explode, schema=schema)
    return Reader(rule.name, rule.schema, {}, style=rule.style, explode=rule.explode)


@pytest.mark.parametrize("explode", [False, True])
@pytest.mark.parametrize(("value", "schema"), [(WORDS, LIST), (PAIR, OBJECT), ("x+y", {"type": "string"})])
def test_queries(value, schema, explode):
    assert read_back("form", explode, schema, value) == [value]


@pytest.mark.parametrize(
    ("style", "schema", "value"),
    [("spaceDelimited", LIST, ["a", "b"]), ("pipeDelimited", LIST, ["a b", "c"]), ("deepObject", OBJECT, PAIR)],
)
def test_queries_in_other_styles(style, schema, value):
    assert read_back(style, style == "deepObject", schema, value) == [value]


def read_back(style, explode, schema, value):
    text = query_string(query_pairs(given("query", style, explode), value))
    return reader("query", style, explode, schema).of_values(read_pairs(text[1:].encode()))


@pytest.mark.parametrize("explode", [False, True])
@pytest.mark.parametrize(("value", "schema"), [(["a b", "c"], LIST), (PAIR, OBJECT), ("x.y", {"type": "string"})])
@pytest.mark.parametrize("style", ["simple", "label"])
def test_paths_and_headers(style, value, schema, explode):
    text = one_text(given("path", style, explode), value)
    assert reader("path", style, explode, schema).of_text(text) == [value]
    assert not set("/?#&; ") & set(path_part(given("path", style, explode), value))


def test_what_a_document_says_of_parameters_is_asked_for_as_such():
    nodes = [
        {"name": "id", "in": "path", "schema": {"type": "integer"}, "example": 7},
        {"name": "on", "in": "query", "schema": {"type": ["boolean", "null"]}},
        {"name": "kinds", "in": "query", "schema": {"type": "array", "items": {"enum": ["a", "b"]}}, "example": ["b"]},
        {"name": "where", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
        *({"name": name, "in": "header"} for name in ("X-API-Key", "Sec-Fetch", "Bad Name", "Idempotency-Key")),
    ]
    document = {"paths": {"/x/{id}": {"get": {"parameters": nodes}}}}
    found = {one.name: one for one in givens_of(document, "GET", "/x/{id}")}
    assert list(found) == ["id", "on", "kinds", "where", "Idempotency-Key"]
    assert (found["id"].kind, found["id"].example, found["id"].is_required) == ("number", "7", True)
    assert (found["kinds"].kind, found["kinds"].choices, found["kinds"].example) == ("list", ("a", "b"), "b")
    assert (found["where"].kind, found["where"].is_document) == ("json", True)


TEXT = '\n{"a": {"b/c": [1,\n {"d": "x,]}\\""}]},\n "a": {"b/c": [2,\n{"d":\n1}]}}'


@pytest.mark.parametrize(
    ("pointer", "line"), [("", 2), ("/a", 4), ("/a/b~1c/1/d", 6), ("/a/b~1c/9", 4), ("/none/x", 2), ("/a/b~1c/x", 4)]
)
def test_a_pointer_leads_to_its_line(pointer, line):
    assert json.loads(TEXT)["a"]["b/c"][1]["d"] == 1
    assert line_of(TEXT, pointer) == line


@pytest.mark.parametrize("text", ["", "{", "[1,]", '{"a": Infinity}', "\ufeff{}", "[" * 100_000, "9" * 5_000])
def test_no_json_is_told_with_its_place(text):
    with pytest.raises(NotJson):
        read_json(text)
