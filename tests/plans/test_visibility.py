"""What is said to be masked is at least what the masker masks."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.fields import Field, Step, flatten
from contract.masking.masker import compile_masker
from contract.masking.rules import MaskRule
from plans.models import Plan
from plans.visibility import Sight, shown_from

STRING = {"type": "string"}
ADDRESS = {"type": "object", "properties": {"street": STRING, "city": STRING}}
READER = {
    "type": "object",
    "properties": {"id": STRING, "email": STRING, "address": ADDRESS, "tags": {"items": ADDRESS}},
}
SCHEMA = {"type": "object", "properties": {"data": {"items": READER}, "owner": READER}}
ADDRESS_VALUE = {"street": "Canal Walk 12", "city": "Hamburg"}
READER_VALUE = {"id": "rdr_1", "email": "a@b.example", "address": ADDRESS_VALUE, "tags": [ADDRESS_VALUE, ADDRESS_VALUE]}
VALUE = {"data": [READER_VALUE, READER_VALUE], "owner": READER_VALUE}
FIELDS = {field.steps: field for field in flatten({}, SCHEMA, hidden="writeOnly")}

NAMES = st.sampled_from(["data", "owner", "id", "email", "address", "street", "city", "tags"])
SELECTORS = st.one_of(
    NAMES.map(lambda name: f".{name}"),
    NAMES.map(lambda name: f"..{name}"),
    st.sampled_from(["[*]", ".*", "[0]", "[1:]", "[-1]", "..*", "['id','email']", "..[0]", "[::2]"]),
)
PATHS = st.lists(SELECTORS, min_size=1, max_size=4).map(lambda parts: "$" + "".join(parts))


def masked(value: Any, rules: list[MaskRule]) -> Any:
    body = compile_masker(rules, hash_key=b"k" * 32, hash_key_id="k", subject="s").mask(json.dumps(value).encode()).body
    return json.loads(body)


def changed(before: Any, after: Any, steps: tuple[Step, ...] = ()) -> set[tuple[Step, ...]]:
    """The steps to every field that is gone or another, and to everything in it."""
    if isinstance(before, dict):
        rest = after if isinstance(after, dict) else {}
        gone = {(*steps, Step("name", name)) for name in before if name not in rest}
        inner = [changed(old, rest.get(name), (*steps, Step("name", name))) for name, old in before.items()]
        return gone.union(*inner)
    if isinstance(before, list):
        rest = after if isinstance(after, list) and len(after) == len(before) else [None] * len(before)
        return set().union(
            *(changed(old, new, (*steps, Step("element"))) for old, new in zip(before, rest, strict=True))
        )
    return {steps} if before != after else set()


@given(st.lists(PATHS, min_size=1, max_size=3), st.sampled_from(["remove", "redact", "hash"]))
@settings(max_examples=300, deadline=None)
def test_whatever_the_masker_changes_is_said_to_be_masked(paths, action):
    rules = [MaskRule(path, action) for path in paths]
    sight = Sight(Plan(name="Free"), rules)
    hidden = [steps for steps in changed(VALUE, masked(VALUE, rules)) if steps in FIELDS]
    assert [FIELDS[steps].path for steps in hidden if sight.masked_on(FIELDS[steps]) is None] == []


def field(path: str) -> Field:
    return next(row for row in FIELDS.values() if row.path == path)


@pytest.mark.parametrize(
    ("path", "masked_fields"),
    [
        ("$.email", []),
        ("$.data.email", []),
        ("$.data[*].nothing", []),
        ("$..streets", []),
        ("$[*].email", ["owner.email"]),
        ("$.data[0].email", ["data[].email"]),
        ("$.*[*].email", ["data[].email"]),
    ],
)
def test_a_rule_masks_what_it_may_select_and_nothing_else(path, masked_fields):
    sight = Sight(Plan(), [MaskRule(path, "redact")])
    assert [row.path for row in FIELDS.values() if sight.masked_on(row)] == masked_fields


def test_the_most_restrictive_of_several_rules_is_named():
    rules = [MaskRule("$..email", "truncate", keep=2), MaskRule("$.data[*].email", "partial", keep=4)]
    assert Sight(Plan(), rules).masked_on(field("data[].email")).action == "partial"
    assert Sight(Plan(), rules).masked_on(field("owner.email")).action == "truncate"


def test_what_stands_in_a_masked_field_goes_with_it():
    sight = Sight(Plan(), [MaskRule("$.owner.address", "hash")])
    assert sight.masked_on(field("owner.address")).action == "hash"
    assert sight.masked_on(field("owner.address.street")).action == "remove"


def test_the_first_plan_that_shows_a_field_is_named():
    free, pro = Sight(Plan(name="Free"), [MaskRule("$..email", "redact")]), Sight(Plan(name="Pro"), [])
    assert shown_from(field("owner.email"), [free, pro]).name == "Pro"
    assert shown_from(field("owner.id"), [free, pro]).name == "Free"
    assert shown_from(field("owner.email"), [free]) is None
