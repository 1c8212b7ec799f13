"""What changed between two documents: a row for each rule, and counter-examples that are no change at all."""

import copy
import json
from typing import Any

import pytest

from catalog.diff.compare import diff
from catalog.diff.rules import RULES, Kind

#: How the two documents differ: a path into the document (dots between names), before and after; None: not there.
GET, POST = "paths./books.get", "paths./books.post"
QUERY = "paths./books.get.parameters.0"
SENT = "paths./books.post.requestBody.content.application/json.schema"
GOT = "paths./books.get.responses.200.content.application/json.schema"
PARAMETER = {"name": "page", "in": "query", "schema": {"type": "integer"}}
ANSWER = {"description": "x"}
BODY = {"content": {"application/json": {"schema": {"type": "object"}}}}
TEXT, NUMBER, INTEGER = {"type": "string"}, {"type": "number"}, {"type": "integer"}
CARD, CASH = {"title": "card", "type": "object"}, {"title": "cash", "type": "object"}


def document() -> dict[str, Any]:
    """Made anew each time, so that nothing is shared."""
    book = {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}, "year": INTEGER}}
    return json.loads(
        json.dumps(
            {
                "openapi": "3.1.0",
                "info": {"title": "Library", "version": "1"},
                "paths": {
                    "/books": {
                        "get": {
                            "operationId": "listBooks",
                            "security": [{"key": ["books:read"]}],
                            "parameters": [{"name": "year", "in": "query", "schema": {"type": "integer"}}],
                            "responses": {
                                "200": {
                                    "description": "Books",
                                    "headers": {"X-Total": {"required": True, "schema": INTEGER}},
                                    "content": {"application/json": {"schema": book}},
                                },
                                "404": ANSWER,
                            },
                        },
                        "post": {
                            "requestBody": {"content": {"application/json": {"schema": book}}},
                            "responses": {"201": ANSWER},
                        },
                    },
                    "/books/{id}": {
                        "parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
                        "get": {"responses": {"200": ANSWER}},
                    },
                },
            }
        )
    )


def put(tree: Any, path: str, value: Any) -> None:
    """Set what `path` names; None takes it away."""
    *way, last = [int(name) if name.isdigit() and len(name) < 3 else name for name in path.split(".")]
    for name in way:
        tree = tree[name]
    if value is None:
        tree.pop(last, None)
    else:
        tree[last] = copy.deepcopy(value)


def rules(path: str, before: Any, after: Any) -> set[str]:
    """The rules that speak, texts apart."""
    old, new = document(), document()
    put(old, path, before)
    put(new, path, after)
    return {change.rule for change in diff(old, new)} - {"texts-changed"}


YEAR, TITLE = f"{SENT}.properties.year", f"{GOT}.properties.title"
CASES: list[tuple[str, str, Any, Any]] = [
    ("operation-removed", GET, {"responses": {"200": ANSWER}}, None),
    ("operation-added", GET, None, {"responses": {"200": ANSWER}}),
    ("operation-deprecated", f"{GET}.deprecated", None, True),
    ("operation-restored", f"{GET}.deprecated", True, False),
    ("operation-id-changed", f"{GET}.operationId", "listBooks", "books"),
    ("security-tightened", f"{GET}.security", [{"key": ["books:read"]}], [{"key": ["books:read", "books:all"]}]),
    ("security-tightened", f"{GET}.security", [{"key": ["books:read"]}], [{"key": ["books:list"]}]),
    ("security-tightened", f"{GET}.security", [], [{"key": []}]),
    ("security-relaxed", f"{GET}.security", [{"key": ["books:read"]}], [{"key": ["books:read"]}, {"token": []}]),
    ("security-relaxed", f"{GET}.security", [{"key": ["books:read"]}], []),
    ("parameter-removed", f"{GET}.parameters", [PARAMETER], []),
    ("parameter-added-required", f"{GET}.parameters", [], [{**PARAMETER, "required": True}]),
    ("parameter-added-optional", f"{GET}.parameters", [], [PARAMETER]),
    ("parameter-became-required", f"{QUERY}.required", None, True),
    ("parameter-became-optional", f"{QUERY}.required", True, False),
    ("parameter-written-differently", f"{QUERY}.explode", None, False),
    ("parameter-deprecated", f"{QUERY}.deprecated", None, True),
    ("request-type-narrowed", f"{QUERY}.schema", NUMBER, INTEGER),
    ("request-type-widened", f"{QUERY}.schema", INTEGER, NUMBER),
    ("body-removed", f"{POST}.requestBody", BODY, None),
    ("body-added-required", f"{POST}.requestBody", None, {**BODY, "required": True}),
    ("body-added-optional", f"{POST}.requestBody", None, BODY),
    ("body-became-required", f"{POST}.requestBody.required", None, True),
    ("body-became-optional", f"{POST}.requestBody.required", True, None),
    ("request-media-type-removed", f"{POST}.requestBody.content.text/csv", {}, None),
    ("request-media-type-added", f"{POST}.requestBody.content.text/csv", None, {}),
    (
        "request-encoding-changed",
        f"{POST}.requestBody.content.application/json.encoding",
        None,
        {"year": {"style": "form"}},
    ),
    ("success-status-removed", f"{GET}.responses.204", ANSWER, None),
    ("success-status-added", f"{GET}.responses.204", None, ANSWER),
    ("error-status-removed", f"{GET}.responses.404", ANSWER, None),
    ("error-status-added", f"{GET}.responses.409", None, ANSWER),
    ("response-media-type-removed", f"{GET}.responses.200.content.text/csv", {}, None),
    ("response-media-type-added", f"{GET}.responses.200.content.text/csv", None, {}),
    ("response-header-removed", f"{GET}.responses.200.headers.X-Total", {}, None),
    ("response-header-added", f"{GET}.responses.200.headers.X-New", None, {}),
    ("response-header-became-optional", f"{GET}.responses.200.headers.X-Total.required", True, False),
    ("request-property-removed", YEAR, INTEGER, None),
    ("request-property-removed", YEAR, INTEGER, {**INTEGER, "readOnly": True}),
    ("request-property-added-optional", f"{SENT}.properties.isbn", None, TEXT),
    ("request-property-added-required", f"{SENT}.properties", {}, {"title": TEXT}),
    ("request-property-became-required", f"{SENT}.required", ["title"], ["title", "year"]),
    ("request-property-became-optional", f"{SENT}.required", ["title"], []),
    ("response-property-removed", TITLE, TEXT, None),
    ("response-property-removed", TITLE, TEXT, {**TEXT, "writeOnly": True}),
    ("response-property-added", f"{GOT}.properties.isbn", None, TEXT),
    ("response-property-became-optional", f"{GOT}.required", ["title"], []),
    ("response-property-became-required", f"{GOT}.required", ["title"], ["title", "year"]),
    ("property-deprecated", f"{TITLE}.deprecated", None, True),
    ("request-other-fields-refused", f"{SENT}.additionalProperties", None, False),
    ("request-other-fields-taken", f"{SENT}.additionalProperties", False, True),
    ("response-other-fields-closed", f"{GOT}.additionalProperties", None, False),
    ("response-other-fields-opened", f"{GOT}.additionalProperties", False, True),
    ("response-type-widened", TITLE, INTEGER, NUMBER),
    ("response-type-narrowed", TITLE, NUMBER, INTEGER),
    ("response-type-widened", TITLE, TEXT, {}),
    ("request-null-refused", YEAR, {"type": ["integer", "null"]}, INTEGER),
    ("request-null-taken", YEAR, INTEGER, {"anyOf": [INTEGER, {"type": "null"}]}),
    ("response-may-be-null", TITLE, TEXT, {"type": ["string", "null"]}),
    ("response-never-null", TITLE, {"type": ["string", "null"]}, TEXT),
    ("request-enum-narrowed", f"{YEAR}.enum", [1, 2], [1]),
    ("request-enum-narrowed", f"{YEAR}.enum", None, [1]),
    ("request-enum-widened", f"{YEAR}.enum", [1], [1, 2]),
    ("request-enum-widened", f"{YEAR}.enum", [1], None),
    ("response-enum-widened", f"{TITLE}.enum", ["a"], ["a", "b"]),
    ("response-enum-narrowed", f"{TITLE}.enum", ["a", "b"], ["a"]),
    ("request-format-narrowed", f"{YEAR}.format", "int64", "int32"),
    ("request-format-widened", f"{YEAR}.format", "int32", None),
    ("response-format-widened", f"{TITLE}.format", "date", None),
    ("response-format-narrowed", f"{TITLE}.format", None, "date"),
    ("format-changed", f"{TITLE}.format", "date", "date-time"),
    ("request-bound-narrowed", f"{YEAR}.minimum", 1, 2),
    ("request-bound-narrowed", f"{YEAR}.maximum", None, 9),
    ("request-bound-widened", f"{YEAR}.maximum", 9, 10),
    ("response-bound-widened", f"{TITLE}.maxLength", 9, None),
    ("response-bound-narrowed", f"{TITLE}.minLength", 1, 2),
    ("request-alternative-removed", SENT, {"oneOf": [CARD, CASH]}, {"oneOf": [CARD, CARD | {"title": "cheque"}]}),
    ("request-alternative-added", SENT, {"oneOf": [CARD, CASH]}, {"oneOf": [CARD, CASH, TEXT]}),
    ("response-alternative-added", GOT, {"oneOf": [CARD, CASH]}, {"oneOf": [CARD, CASH, TEXT]}),
    ("response-alternative-removed", GOT, {"oneOf": [CARD, CASH, TEXT]}, {"oneOf": [CASH, CARD]}),
    ("default-changed", f"{QUERY}.schema.default", 1, 2),
    ("default-changed", f"{QUERY}.schema.default", 1, None),
    ("default-added", f"{QUERY}.schema.default", None, 1),
    ("schema-changed", f"{TITLE}.pattern", "a", "b"),
    ("schema-changed", f"{SENT}.not", None, TEXT),
    ("outgoing-calls-changed", "webhooks", None, {"x": {"post": {"responses": {"200": ANSWER}}}}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1][-30:]} {case[2]} {case[3]}"[:90])
def test_each_rule_sees_its_change_and_names_its_place(case: tuple[str, str, Any, Any]) -> None:
    rule, path, before, after = case
    assert rule in rules(path, before, after)


def test_every_rule_has_a_case() -> None:
    elsewhere = {"texts-changed", "path-parameter-renamed"}
    assert RULES.keys() == {case[0] for case in CASES} | elsewhere
    assert len(RULES) >= 40


NOTHING: list[tuple[str, Any, Any]] = [
    (f"{SENT}.required", ["title", "title"], ["title"]),
    (f"{GOT}.properties", {"title": TEXT, "year": INTEGER}, {"year": INTEGER, "title": TEXT}),
    (TITLE, {"type": ["string"]}, TEXT),
    (TITLE, {"allOf": [{"type": "string"}, {"maxLength": 3}]}, {"type": "string", "maxLength": 3}),
    (TITLE, {"anyOf": [TEXT, {"type": "null"}]}, {"type": ["string", "null"]}),
    (f"{TITLE}.enum", ["a", "b"], ["b", "a"]),
    (TITLE, {"const": "a"}, {"enum": ["a"]}),
    (f"{QUERY}.style", None, "form"),
    (f"{QUERY}.required", None, False),
    (f"{GET}.security", [{"key": ["a"]}, {"token": []}], [{"token": []}, {"key": ["a"]}]),
    (f"{GET}.x-internal", 1, 2),
    (YEAR, {**INTEGER, "writeOnly": True}, INTEGER),
    (GOT, {"oneOf": [CARD, CASH]}, {"oneOf": [CASH, CARD]}),
    (f"{TITLE}.default", "a", "b"),
]


@pytest.mark.parametrize("case", NOTHING, ids=lambda case: f"{case[0][-30:]} {case[1]} {case[2]}"[:90])
def test_it_sees_no_change_where_callers_see_none(case: tuple[str, Any, Any]) -> None:
    assert rules(*case) == set()


def test_a_change_of_texts_is_docs_only() -> None:
    changed = document()
    put(changed, f"{GET}.summary", "All books")
    (change,) = diff(document(), changed)
    assert (change.rule, change.kind, change.operations) == ("texts-changed", Kind.DOCS, ("GET /books",))


def test_parameters_are_told_apart_by_their_names_wherever_they_stand() -> None:
    before, after = document(), document()
    described = [{**PARAMETER, "name": name, "description": f"The {name}."} for name in ("year", "page", "size")]
    put(before, f"{GET}.parameters", described)
    put(after, f"{GET}.parameters", [described[2], described[1]])
    assert [(change.rule, change.detail) for change in diff(before, after)] == [("parameter-removed", "year")]


def test_a_parameter_of_the_path_may_have_another_name() -> None:
    changed = document()
    item = changed["paths"].pop("/books/{id}")
    item["parameters"][0]["name"] = "isbn"
    changed["paths"]["/books/{isbn}"] = item
    assert [change.rule for change in diff(document(), changed)] == ["path-parameter-renamed"]


def with_nodes(**node: Any) -> dict[str, Any]:
    """A schema that contains itself twice over, in answers of two operations."""
    made = document()
    link = {"$ref": "#/components/schemas/Node"}
    made["components"] = {"schemas": {"Node": {"type": "object", "properties": {"left": link, "right": link, **node}}}}
    for path in ("/books", "/books/{id}"):
        made["paths"][path]["get"]["responses"]["200"]["content"] = {"application/json": {"schema": link}}
    return made


def test_a_schema_that_contains_itself_is_compared_once_and_names_its_own_place_and_all_operations() -> None:
    (change,) = diff(with_nodes(value=TEXT), with_nodes())
    assert (change.rule, change.pointer) == ("response-property-removed", "#/components/schemas/Node/properties/value")
    assert change.operations == ("GET /books", "GET /books/{id}")


def test_the_worst_comes_first() -> None:
    changed = document()
    put(changed, f"{GET}.summary", "Books")
    put(changed, f"{GET}.deprecated", True)
    put(changed, f"{GOT}.properties.isbn", TEXT)
    put(changed, TITLE, None)
    kinds = [change.kind for change in diff(document(), changed)]
    assert kinds == sorted(kinds, key=list(Kind).index)
    assert set(kinds) == set(Kind)


@pytest.mark.parametrize("old", [True, False])
def test_the_same_said_in_3_0_and_3_1_is_no_change(old: bool) -> None:
    three, one = document(), document()
    three["openapi"] = "3.0.3"
    put(three, YEAR, {"type": "integer", "nullable": True, "minimum": 1, "exclusiveMinimum": True})
    put(one, YEAR, {"type": ["integer", "null"], "exclusiveMinimum": 1})
    assert diff(three, one) == [] == diff(one, three)
    assert (diff(three, three) if old else diff(one, one)) == []
