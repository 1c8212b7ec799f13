"""Bodies in JSON and forms: what is read, what is refused, and where the answer points."""

from typing import Any

import pytest

from tests.gateway.validation.judging import in_body, with_body

ADDRESS = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string", "maxLength": 5}}}
PERSON = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": "integer", "minimum": 0, "exclusiveMaximum": 150},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 3, "uniqueItems": True},
        "address": {"anyOf": [ADDRESS, {"type": "null"}]},
        "a/b~c": {"const": 1},
    },
}


def found(body: Any, schema: Any = PERSON) -> set[tuple[str, str]]:
    return {(issue.pointer, issue.message) for issue in in_body(with_body(schema), body)}


@pytest.mark.parametrize(
    ("body", "issues"),
    [
        ({"name": "A", "age": 0, "tags": ["a"], "address": None, "a/b~c": 1}, set()),
        ({"name": "A", "address": {"city": "Ulm"}}, set()),
        ([], {("", "Must be of type object.")}),
        ({}, {("", 'Lacks the member "name".')}),
        ({"name": ""}, {("/name", "Must have at least 1 character.")}),
        ({"name": "A", "age": 150}, {("/age", "Must be less than 150.")}),
        ({"name": "A", "age": -1}, {("/age", "Must be at least 0.")}),
        ({"name": "A", "age": 1.5}, {("/age", "Must be of type integer.")}),
        ({"name": "A", "tags": ["a", "x"]}, {("/tags/1", 'Must be one of "a", "b".')}),
        ({"name": "A", "tags": ["a", "a"]}, {("/tags", "Must not hold an element twice.")}),
        ({"name": "A", "address": {"city": "Hamburg"}}, {("/address/city", "Must have at most 5 characters.")}),
        ({"name": "A", "address": {}}, {("/address", 'Lacks the member "city".')}),
        ({"name": "A", "address": 5}, {("/address", "Fits none of the forms that the document allows.")}),
        ({"name": "A", "a/b~c": 2}, {("/a~1b~0c", "Must be 1.")}),
        ({"name": "A", "more": 1}, {("", "Holds a member that the document does not declare.")}),
    ],
)
def test_an_answer_points_at_the_place(body: Any, issues: set[tuple[str, str]]) -> None:
    assert found(body) == issues


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" ", b"{", b"{}x", b"{'a':1}", b'{"a":1,}', b"NaN", b"[Infinity]", b"[1e999]", b"[01]", b'["\x01"]'),
        *(b'{"a":1,"a":1}', b'{"a":1,"\\u0061":2}', b'[{"b":{"c":1,"c":1}}]', b'{"a:":1,"a\\u003a":1}'),
        *(b'"\xff"', b'"\xed\xa0\x80"', b'"\\ud800"', b"\xef\xbb\xbf{}", b"\xff\xfe[\0]\0", '["é"]'.encode("latin-1")),
        *(b"[" * 65 + b"]" * 65, b"[" * 200_000, b'{"a":' * 200_000, b"1" * 5_000),
    ],
)
def test_what_is_not_plain_json_is_refused_whole(body: bytes) -> None:
    (issue,) = in_body(with_body(True), body)
    assert (issue.place, issue.pointer) == ("body", "")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 64 + b"]" * 64,
        b'{"a":":","b":"\\u003a"}',
        b'{"a":{"x":1},"b":{"x":1}}',
        b" null\r\n",
        b'"\\ud83d\\ude00"',
    ],
)
def test_unusual_but_plain_json_is_read(body: bytes) -> None:
    assert in_body(with_body(True), body) == []


def test_a_schema_may_contain_itself() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}, "n": {"type": "integer"}}}
    request = with_body({"$ref": "#/components/schemas/Node"}, components={"schemas": {"Node": node}})
    assert in_body(request, {"next": {"next": {"n": 1}}}) == []
    (issue,) = in_body(request, {"next": {"next": {"n": "x"}}})
    assert issue.pointer == "/next/next/n"


def test_at_most_ten_are_looked_for_but_all_of_a_long_list_are_judged() -> None:
    request = with_body({"type": "array", "items": {"type": "integer"}})
    assert [issue.pointer for issue in in_body(request, [0] * 50_000 + ["x"])] == ["/50000"]


def test_what_only_the_upstream_sets_may_not_be_sent_and_is_not_asked_for() -> None:
    shared = {"type": "object", "properties": {"id": {"type": "string", "readOnly": True}, "n": {"type": "integer"}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Shared"}, {"required": ["id", "n"]}]}
    request = with_body(schema, components={"schemas": {"Shared": shared}})
    assert in_body(request, {"n": 1}) == []
    assert [(issue.pointer, issue.message) for issue in in_body(request, {"n": 1, "id": "a"})] == [
        ("/id", "May not be sent.")
    ]
    assert in_body(request, {})


FORM = "application/x-www-form-urlencoded"
FIELDS = {
    "type": "object",
    "required": ["n"],
    "additionalProperties": False,
    "properties": {
        "n": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "integer"}, "minItems": 2},
        "list": {"type": "array", "items": {"type": "integer"}, "minItems": 2},
        "point": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]},
    },
}


@pytest.mark.parametrize(
    ("body", "is_valid"),
    [
        ("n=1", True),
        ("n=1&tags=1&tags=2&list=1,2", True),
        ("n=1&point=%7B%22x%22%3A1%7D", True),
        ("n=1&point=%7B%22x%22%3A%22a%22%7D", False),
        ("n=1&point=%7B", False),
        ("n=1&tags=1", False),
        ("n=1&list=1&list=2", False),
        ("n=1&n=2", False),
        ("n=a", False),
        ("", False),
        ("n=1&more=1", False),
        ("n=%31", True),
        ("n=%3", False),
        ("n=1&tags=%00&tags=1", False),
        ("n=1;tags=1", False),
        ("&".join(f"n{i}=1" for i in range(10_001)), False),
    ],
)
def test_a_form_is_the_object_that_its_schema_describes(body: str, is_valid: bool) -> None:
    request = with_body(FIELDS, FORM, encoding={"list": {"style": "form", "explode": False}})
    assert (in_body(request, body, FORM) == []) is is_valid
