"""Against slow readers: a validator in plain Python for bodies, and text taken apart with the standard library."""

import json
from typing import Any
from urllib.parse import parse_qs, unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS30WriteValidator, OAS31Validator

from tests.gateway.validation.judging import compiled, document, in_body, in_query, with_body, with_parameters

NAMES = st.sampled_from(["a", "b", "c"])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from([0.5, 2.0, -1.5, 10**30]), st.text("abé", max_size=3)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)

#: The reference of 3.0 takes 2.0 for no integer; JSON knows no such difference (and 3.1 has dropped it).
OLD_VALUES = VALUES.filter(lambda value: "2.0" not in json.dumps(value))


def schemas(kinds: list[str]) -> st.SearchStrategy[Any]:
    leaf = st.one_of(
        st.fixed_dictionaries({"type": st.sampled_from(kinds)}),
        st.fixed_dictionaries({"enum": st.lists(SCALARS, min_size=1, max_size=3, unique_by=repr)}),
        st.fixed_dictionaries(
            {"type": st.just("integer")}, optional={"minimum": st.integers(-3, 3), "multipleOf": st.just(2)}
        ),
        st.fixed_dictionaries({"type": st.just("string")}, optional={"minLength": st.just(1), "maxLength": st.just(2)}),
        st.fixed_dictionaries({"pattern": st.sampled_from(["^a", "b$", "^[ab]*$"])}),
    )
    return st.recursive(leaf, _larger, max_leaves=6)


def _larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = st.lists(inner, min_size=1, max_size=3)
    of_object = {
        "properties": st.dictionaries(NAMES, inner, max_size=3),
        "required": st.lists(NAMES, min_size=1, max_size=2, unique=True),
        "additionalProperties": st.booleans() | inner,
        "maxProperties": st.integers(0, 3),
    }
    of_array = {"minItems": st.integers(0, 2), "maxItems": st.integers(1, 3), "uniqueItems": st.booleans()}
    return st.one_of(
        st.fixed_dictionaries({"type": st.just("object")}, optional=of_object),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional=of_array),
        *(st.fixed_dictionaries({word: parts}) for word in ("allOf", "anyOf", "oneOf")),
        st.fixed_dictionaries({"not": inner}),
    )


NEW = schemas(["string", "integer", "number", "boolean", "object", "null"])
OLD_LEAVES = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "integer", "number", "boolean", "object"])},
    optional={"nullable": st.booleans(), "minimum": st.integers(-2, 2), "exclusiveMinimum": st.booleans()},
).filter(lambda schema: "exclusiveMinimum" not in schema or "minimum" in schema)
OLD = st.recursive(OLD_LEAVES, _larger, max_leaves=5)


@settings(max_examples=400, deadline=None)
@given(NEW, VALUES)
def test_bodies_are_judged_as_by_the_reference(schema: Any, value: Any) -> None:
    issues = in_body(with_body(schema), json.dumps(value))
    assert (issues == []) is OAS31Validator(schema).is_valid(value)
    assert all(issue.place == "body" for issue in issues)


@settings(max_examples=300, deadline=None)
@given(OLD, OLD_VALUES)
def test_bodies_of_a_3_0_document_are_judged_as_by_the_reference(schema: Any, value: Any) -> None:
    old = document(
        {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}, method="post"
    )
    issues = in_body(compiled({**old, "openapi": "3.0.3"}, "post"), json.dumps(value))
    assert (issues == []) is OAS30WriteValidator(schema).is_valid(value)


@settings(max_examples=300, deadline=None)
@given(NEW, VALUES)
def test_every_pointer_leads_to_a_place_in_the_body(schema: Any, value: Any) -> None:
    for issue in in_body(with_body(schema), json.dumps(value)):
        node = value
        for part in issue.pointer.split("/")[1:]:
            hidden = part == "*" and isinstance(node, dict)
            node = node[int(part)] if isinstance(node, list) else next(iter(node.values())) if hidden else node[part]
            if hidden:
                break


SCALAR_SCHEMAS = [
    {"type": "integer", "maximum": 9},
    {"type": "number"},
    {"type": "boolean"},
    {"type": "string", "maxLength": 2},
    {"type": ["integer", "string"], "not": {"const": "a"}},
]
TEXTS = st.lists(
    st.sampled_from(
        ["1", "2", "0", "-", ".", "e", "a", "true", "false", ",", "|", "+", "%20", "%2C", "%7C", "%", "%C3%A9"]
    ),
    max_size=5,
).map("".join)


def slow_scalar(text: str, schema: dict[str, Any]) -> bool:
    """Any reading of the text, as JSON or as itself, that the schema takes."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    candidates: list[Any] = [text] if "string" in kinds else []
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if (
        text.strip() == text
        and isinstance(value, (int, float))
        and not (kinds == ["integer"] and isinstance(value, float))
        and not (isinstance(value, float) and "number" not in kinds)
    ):
        candidates.append(value)
    return any(OAS31Validator(schema).is_valid(candidate) for candidate in candidates)


def slow_query(query: str, schema: Any, delimiter: str | None) -> bool:
    """Whether `p` in the query is an array of values that the schema takes; with a delimiter in one value."""
    if any(not _decodes(part) for part in query.split("&")):
        return False
    values = parse_qs(query, keep_blank_values=True, encoding="utf-8", errors="strict").get("p", [])
    if delimiter is not None:
        if len(values) != 1:
            return False
        values = values[0].split(delimiter)
    return bool(values) and all(slow_scalar(value, schema) for value in values)


def _decodes(text: str) -> bool:
    try:
        unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        return False
    return all(len(part) >= 2 and all(c in "0123456789abcdefABCDEF" for c in part[:2]) for part in text.split("%")[1:])


@pytest.mark.parametrize(
    ("style", "explode", "delimiter"),
    [("form", True, None), ("form", False, ","), ("spaceDelimited", False, " "), ("pipeDelimited", False, "|")],
)
@settings(max_examples=250, deadline=None)
@given(schema=st.sampled_from(SCALAR_SCHEMAS), texts=st.lists(TEXTS, min_size=1, max_size=3))
def test_arrays_in_the_query_are_read_as_by_the_reference(
    style: str, explode: bool, delimiter: str | None, schema: Any, texts: list[str]
) -> None:
    rule = {"name": "p", "in": "query", "required": True, "style": style, "explode": explode}
    request = with_parameters({**rule, "schema": {"type": "array", "items": schema}})
    query = "&".join(f"p={text}" for text in texts)
    accepted = in_query(request, query) == []
    expected = slow_query(query, schema, delimiter)
    # Of an element's several readings the first stands for it, so a union may be judged more strictly.
    assert accepted is expected or (isinstance(schema["type"], list) and expected)
