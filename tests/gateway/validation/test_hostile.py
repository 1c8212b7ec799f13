"""Requests made to cost much, to confuse, or to be repeated in the answer."""

import itertools
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.schema_validators import SchemaError, compile_schema
from gateway.refusal import Refused
from gateway.validation.explain import STEPS_MAX, Explainer
from gateway.validation.throttle import INVALID_MAX, PERIOD_SECONDS, InvalidRequests
from tests.gateway.validation.judging import in_body, judge, with_body, with_parameters

CANARY = "canary7f3a"
SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 3, "pattern": "^[a-z]*$", "format": "email"},
        "kind": {"enum": ["a"]},
        "list": {"type": "array", "items": {"const": 1}, "uniqueItems": True, "maxItems": 1, "contains": {"const": 2}},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}, "propertyNames": {"maxLength": 2}},
        "tree": {"patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False},
        "choice": {"oneOf": [{"type": "string", "maxLength": 1}, {"type": "integer"}]},
        "not": {"not": {"type": "string"}},
        "if": {"if": {"type": "string"}, "then": {"maxLength": 1}},
        "strict": {"properties": {"a": True}, "unevaluatedProperties": False, "dependentRequired": {"a": ["b"]}},
    },
}


def hostile(inner: Any) -> list[Any]:
    return [CANARY, [CANARY], {CANARY: CANARY}, {"a": CANARY}, {"xcanary": CANARY}, inner]


@pytest.mark.parametrize(
    "body",
    [{"name": CANARY, name: value} for name in SCHEMA["properties"] for value in hostile([CANARY, CANARY])],
    ids=str,
)
def test_a_refusal_repeats_nothing_of_the_body(body: Any) -> None:
    issues = in_body(with_body(SCHEMA), body)
    assert issues
    assert "canary" not in json.dumps([issue.as_json() for issue in issues])


@pytest.mark.parametrize("style", ["form", "spaceDelimited", "pipeDelimited", "deepObject"])
@pytest.mark.parametrize("schema", [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}, SCHEMA])
def test_a_refusal_repeats_nothing_of_the_address_and_headers(style: str, schema: Any) -> None:
    rules = [{"name": "p", "in": "query", "required": True, "style": style, "schema": schema}]
    rules += [{"name": "P", "in": place, "schema": schema} for place in ("header", "cookie")]
    lines = (f"P: {CANARY}", f"Cookie: P={CANARY}; {CANARY}=1; name={CANARY}")
    for query in (f"p={CANARY}", f"p[{CANARY}]={CANARY}&{CANARY}={CANARY}", f"p[name]={CANARY}", f"name={CANARY}&p=%"):
        issues = judge(with_parameters(*rules), "/things", query, *lines)
        assert issues
        assert "canary" not in json.dumps([issue.as_json() for issue in issues])


RECURSIVE = {"$ref": "#/components/schemas/Node"}


@pytest.mark.parametrize("word", ["oneOf", "anyOf", "allOf"])
def test_a_tree_of_choices_is_explained_within_its_budget(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each level doubles what a plain list of all errors would hold: 2 to the 60th here."""
    branches = [{"properties": {"c": RECURSIVE}, "required": [name]} for name in ("a", "b")]
    request = with_body(RECURSIVE, components={"schemas": {"Node": {"type": "object", word: branches}}})
    checks = itertools.count()
    monkeypatch.setattr(Explainer, "breaks", _counting(Explainer.breaks, checks))
    document: Any = 1
    for _ in range(60):
        document = {"c": document, "a": 1, "b": 1}
    assert in_body(request, document)
    assert next(checks) < 20 * STEPS_MAX


def _counting(method: Any, checks: Any) -> Any:
    def counted(*arguments: Any) -> Any:
        next(checks)
        return method(*arguments)

    return counted


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "^(a|a)*$", "^(?=(a+)+$)a", "^(?!x)(a|a)*(?!y)$", r"^(?=a)(\w+\s?)*$", r"^(a+)\1*$"]
)
def test_a_pattern_cannot_be_made_to_run_on(pattern: str) -> None:
    """Without a limit each of these takes longer than the universe has."""
    assert in_body(with_body({"type": "string", "pattern": pattern}), json.dumps("a" * 5_000 + "!"))


def test_a_pattern_with_look_around_is_kept() -> None:
    request = with_body({"type": "string", "pattern": "^(?=.*[0-9])(?=.*[a-z]).{4,}$"})
    assert in_body(request, '"abc1"') == []
    assert in_body(request, '"abcd"')


@pytest.mark.parametrize("pattern", ["[^]", "(", "(((a{1,100}){1,100}){1,100}){1,100}"])
def test_a_pattern_that_cannot_be_compiled_is_refused_when_it_is_saved(pattern: str) -> None:
    with pytest.raises(SchemaError):
        compile_schema({"pattern": pattern}, {})


def test_large_bodies_are_judged_whole_and_explained_shortly() -> None:
    request = with_body({"type": "array", "items": {"type": "object", "properties": {"a": {"type": "integer"}}}})
    body = msgspec.json.encode([{"a": CANARY}] * 40_000)
    (first, *_) = in_body(request, body)
    assert (first.pointer, first.message) == ("/0/a", "Must be of type integer.")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    in_body(with_body(SCHEMA), body)
    in_body(with_body(SCHEMA, "application/x-www-form-urlencoded"), body, "application/x-www-form-urlencoded")


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40))
def test_no_text_breaks_the_reader_of_parameters(text: str) -> None:
    rules = [
        {"name": "p", "in": place, "style": style, "explode": explode, "schema": SCHEMA}
        for place, style in (
            ("query", "form"),
            ("query", "deepObject"),
            ("query", "pipeDelimited"),
            ("header", "simple"),
        )
        for explode in (True, False)
    ]
    for rule in [*rules, {"name": "p", "in": "cookie", "schema": SCHEMA}]:
        judge(with_parameters(rule), "/things", text.replace("#", ""), f"P: {text}", f"Cookie: {text}")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def spend(invalid: InvalidRequests, credential: str) -> int:
    """How many invalid requests are read before one is refused unread."""
    for count in itertools.count():
        try:
            invalid.refuse_spent(credential)
        except Refused:
            return count
        invalid.count(credential)
    raise AssertionError


def test_a_key_that_keeps_sending_invalid_requests_is_refused_unread_for_a_while() -> None:
    clock = Clock()
    invalid = InvalidRequests(clock)
    assert spend(invalid, "a") == INVALID_MAX
    assert spend(invalid, "b") == INVALID_MAX
    with pytest.raises(Refused) as refused:
        invalid.refuse_spent("a")
    assert refused.value.slug == "too-many-attempts"
    assert refused.value.headers == ((b"Retry-After", b"1"),)
    clock.now += PERIOD_SECONDS / 2
    assert spend(invalid, "a") == INVALID_MAX // 2
    clock.now += PERIOD_SECONDS
    assert spend(invalid, "a") == INVALID_MAX
