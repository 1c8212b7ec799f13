"""The masker against a slow and simple one, on generated documents and rules.

The slow one finds each rule's nodes with an independent JSONPath implementation, in a document read by Python's parser,
and changes them one by one. Generated strings that must vanish carry a canary.
"""

import base64
import hashlib
import hmac
import json
import math
import os
import random
from decimal import Context, Decimal
from fractions import Fraction

import jsonpath_rfc9535
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.masking.masker import Withheld, compile_masker
from contract.masking.rules import ACTIONS, MaskRule

EXAMPLES = 10_000 if os.environ.get("PROVE") == "1" else 300
CANARY = "c4n4ry"
NAMES = ["a", "b", "email", "größe", "x:y", 'q"\\', "", "😀", "\\u003a", ":"]
NUMBERS = ["0", "-0", "7", "-12", "1.10", "1e5", "-1E-3", "123456789012345678901234567890", "99.999", "1e400"]
TEXTS = [
    "",
    "x",
    CANARY + " : with a colon",
    '"\\/\b\n',
    "2024-05-17",
    "2024-13-01",
    CANARY * 3,
    "日本語" + CANARY,
    "12.5",
]


class Number(str):
    """A number's text, told apart from a string."""


class Removed:
    pass


scalars = st.sampled_from([None, True, False, *TEXTS, *map(Number, NUMBERS)])
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=25,
)
name_selectors = st.sampled_from(NAMES).map(json.dumps)
other_selectors = st.sampled_from(["*", "0", "1", "-1", "-2", "1:", ":2", "::2", "::-1", "-1:0:-1", "3:1", "9"])
segments = st.builds(
    lambda dots, selectors: f"{dots}[{','.join(selectors)}]",
    st.sampled_from(["", "", "", ".."]),
    st.lists(name_selectors | other_selectors, min_size=1, max_size=3),
)
rules = st.builds(
    lambda path, action, keep, precision: MaskRule("$" + "".join(path), action, keep, precision),
    st.lists(segments, min_size=1, max_size=4),
    st.sampled_from(ACTIONS),
    st.integers(1, 6),
    st.sampled_from(["year", "month", "day", "10", "0.5"]),
)


def write(value: object, chance: random.Random) -> str:
    """JSON text with arbitrary white space and escapes."""
    gap = chance.choice(["", "", " ", "\r\n\t"])
    if isinstance(value, Number):
        return value
    if isinstance(value, str):
        return write_string(value, chance)
    if isinstance(value, list):
        return f"[{gap}{f'{gap},'.join(write(item, chance) for item in value)}{gap}]"
    if isinstance(value, dict):
        members = (f"{gap}{write(name, chance)}{gap}:{gap}{write(item, chance)}" for name, item in value.items())
        return "{" + f"{gap},".join(members) + gap + "}"
    return json.dumps(value)


def write_string(value: str, chance: random.Random) -> str:
    if chance.random() < 0.2:
        units = value.encode("utf-16-be")
        return '"' + "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2)) + '"'
    return json.dumps(value, ensure_ascii=chance.random() < 0.5).replace(":", chance.choice([":", "\\u003A"]))


def read(text: bytes) -> object:
    return json.loads(text, parse_int=Number, parse_float=Number)


def restrictiveness(rule: MaskRule) -> tuple:
    order = {"remove": 0, "redact": 1, "hash": 2, "partial": 3, "truncate": 4, "generalise": 5}
    coarseness = {"10": -10, "0.5": -0.5, "year": 1, "month": 2, "day": 3}
    amount = coarseness[rule.precision] if rule.action == "generalise" else rule.keep
    return order[rule.action], amount if rule.action in ("partial", "truncate", "generalise") else 0


def change(rule: MaskRule, value: object) -> object:
    if rule.action == "remove":
        return Removed
    if rule.action == "redact" or not isinstance(value, str):
        return None
    text = str(value)
    if rule.action == "hash":
        key = hmac.new(b"k" * 32, b"portcullis mask hash\0app", hashlib.sha256).digest()
        digest = hmac.new(key, text.encode(), hashlib.sha256).digest()[:16]
        return "k1:" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if rule.action == "truncate":
        return text[: rule.keep]
    if rule.action == "partial":
        shown = min(rule.keep, len(text) // 2)
        return "••••" + (text[-shown:] if shown else "")
    return coarsen(rule.precision, value)


def coarsen(precision: str, value: str) -> object:
    if precision in ("year", "month", "day"):
        length = {"year": 4, "month": 7, "day": 10}[precision]
        return value[:length] if value == "2024-05-17" else None
    if value == "1e400" or value not in [*NUMBERS, "12.5"]:
        return None
    multiple = math.floor(Fraction(value) / Fraction(precision))
    return type(value)(multiple * 10 if precision == "10" else Context(prec=99).divide(Decimal(multiple), Decimal(2)))


def apply(value: object, location: tuple, chosen: dict[tuple, MaskRule]) -> object:
    if location in chosen:
        return change(chosen[location], value)
    if isinstance(value, dict):
        changed = {name: apply(item, (*location, name), chosen) for name, item in value.items()}
        return {name: item for name, item in changed.items() if item is not Removed}
    if isinstance(value, list):
        items = [apply(item, (*location, index), chosen) for index, item in enumerate(value)]
        return [item for item in items if item is not Removed]
    return value


def mask_slowly(rule_list: list[MaskRule], document: object) -> tuple[object, list[str]]:
    named: dict[tuple, list[MaskRule]] = {}
    hit = []
    for rule in rule_list:
        nodes = jsonpath_rfc9535.find(rule.path, document)
        hit += [rule.path] if nodes else []
        for node in nodes:
            named.setdefault(tuple(node.location), []).append(rule)
    chosen = {location: min(meeting, key=restrictiveness) for location, meeting in named.items()}
    return apply(document, (), chosen), list(dict.fromkeys(hit))


def same(one: object, other: object) -> bool:
    """Equal with numbers by value where the masker wrote them, and never taken for strings."""
    if isinstance(one, Number) and isinstance(other, Number):
        return one == other or ("e" not in (one + other).lower() and Decimal(one) == Decimal(other))
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def make(rule_list):
    return compile_masker(rule_list, hash_key=b"k" * 32, hash_key_id="k1", subject="app")


thorough = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)


@thorough
@given(documents, st.lists(rules, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_it_agrees_with_the_slow_masker(document, rule_list, chance):
    masked = make(rule_list).mask(write(document, chance).encode())
    expected, fields = mask_slowly(rule_list, document)
    assert same(read(masked.body), expected), masked.body
    assert list(masked.fields) == fields


@thorough
@given(documents, st.lists(rules, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_rules_changes_nothing(document, rule_list, chance):
    text = write(document, chance).encode()
    shuffled = chance.sample(rule_list, len(rule_list))
    assert make(shuffled).mask(text).body == make(rule_list).mask(text).body


@thorough
@given(documents, st.lists(rules, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_no_canary_is_left_when_every_value_is_named(document, rule_list, chance):
    hidden = [*rule_list, MaskRule("$..*", "redact")]
    masked = make(hidden).mask(write([document], chance).encode())
    assert CANARY not in json.dumps(read(masked.body), ensure_ascii=False)


@thorough
@given(documents, st.lists(rules, min_size=1, max_size=3), st.randoms(use_true_random=False), st.data())
def test_damaged_documents_are_withheld_or_were_valid_still(document, rule_list, chance, data):
    """Whatever one edit makes of a document, Python's strict parser accepts what is let out, and agrees on it."""
    text = bytearray(write(document, chance).encode())
    position = data.draw(st.integers(0, len(text)))
    text[position : position + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2) | st.sampled_from(SPICE))
    try:
        masked = make(rule_list).mask(bytes(text))
    except Withheld:
        return
    if text:
        pairs_seen = json.loads(text, parse_int=Number, parse_float=Number, parse_constant=refuse)
        assert same(read(masked.body), mask_slowly(rule_list, pairs_seen)[0])


SPICE = [
    b'"',
    b"\\",
    b",",
    b":",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\\u",
    b"\\ud8",
    b"\0",
    b"\xff",
    b"-",
    b"e",
    b"\n",
    b"\\u003a",
]


def refuse(constant: str) -> object:
    pytest.fail(f"{constant} is not JSON and was let through")
