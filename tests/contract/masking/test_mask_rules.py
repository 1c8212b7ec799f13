"""What the mask editor refuses, and that it says why in one sentence."""

import msgspec
import pytest

from contract.masking.masker import compile_masker
from contract.masking.rules import ACTIONS, MaskRule, RuleError, check_rule


@pytest.mark.parametrize(
    "path",
    [
        "$.email",
        "$['e-mail']",
        "$.customer.address.city",
        "$.items[*].price",
        "$.items[0]",
        "$.items[-1].price",
        "$.items[1:9:2]",
        "$.items[::-1]",
        "$..email",
        "$..['email','phone']",
        "$.*",
        "$['name', 0, 2:4, *]",
        "$.größe",
        "$['\\u0065mail']",
        "$['']",
    ],
)
def test_it_accepts_paths_that_can_be_compiled(path):
    check_rule(MaskRule(path, "redact"))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("$", "names the whole answer"),
        ("", "cannot be read"),
        ("email", "cannot be read at position 1"),
        ("$.", "cannot be read"),
        ("$.a[", "cannot be read"),
        ("$ .email ", "cannot be read"),
        ("$.items[?@.price > 10]", "has a filter"),
        ("$..[?length(@.name) > 2].email", "has a filter"),
        ("$[?@.a == $.b]", "has a filter"),
        ("$.items[::0]", "step 0"),
        ("$.items[9007199254740993]", "cannot be read"),
        ("$." + "a" * 500, "longer than 500"),
        ("$.\ud800", "half a character"),
    ],
)
def test_it_refuses_other_paths_and_says_where(path, said):
    with pytest.raises(RuleError, match=r".+\.$") as refused:
        check_rule(MaskRule(path, "redact"))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (MaskRule("$.a", "delete"), "choose one of remove, redact, hash"),
        (MaskRule("$.a", ""), "is unknown"),
        (MaskRule("$.a", "partial"), "keeps 0 characters"),
        (MaskRule("$.a", "partial", keep=-1), "keeps -1 characters"),
        (MaskRule("$.a", "truncate", keep=1001), "keeps 1001 characters"),
        (MaskRule("$.a", "generalise"), "precision '' of $.a"),
        (MaskRule("$.a", "generalise", precision="week"), "use year, month or day"),
        (MaskRule("$.a", "generalise", precision="0"), "a step above 0"),
        (MaskRule("$.a", "generalise", precision="0.0"), "a step above 0"),
        (MaskRule("$.a", "generalise", precision="-10"), "a step above 0"),
        (MaskRule("$.a", "generalise", precision="1e3"), "a step above 0"),
        (MaskRule("$.a", "generalise", precision="١٠"), "a step above 0"),
        (MaskRule("$.a", "generalise", precision="NaN"), "a step above 0"),
    ],
)
def test_it_refuses_settings_that_could_not_do_what_they_say(rule, said):
    with pytest.raises(RuleError) as refused:
        check_rule(rule)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "wrong", [{"path": None}, {"path": b"$.a"}, {"action": 1}, {"keep": "4"}, {"keep": True}, {"precision": 10}]
)
def test_it_refuses_settings_of_the_wrong_kind(wrong):
    with pytest.raises(RuleError, match="wrong kind"):
        check_rule(MaskRule(**({"path": "$.a", "action": "redact"} | wrong)))


def test_compiling_checks_the_rules_again():
    with pytest.raises(RuleError):
        compile_masker([MaskRule("$", "remove")], hash_key=b"k" * 32, hash_key_id="k1", subject="app")


@pytest.mark.parametrize(("hash_key", "key_id"), [(b"", "k1"), (b"short", "k1"), (b"k" * 32, "")])
def test_it_refuses_to_hash_without_a_proper_key(hash_key, key_id):
    with pytest.raises(ValueError, match="the mask hash key needs"):
        compile_masker([MaskRule("$.a", "hash")], hash_key=hash_key, hash_key_id=key_id, subject="app")


def test_rules_survive_publishing_and_older_records_lack_the_newer_settings():
    rule = MaskRule("$.a", "partial", keep=4, required=True)
    assert msgspec.json.decode(msgspec.json.encode(rule), type=MaskRule) == rule
    assert msgspec.json.decode(b'{"path":"$.a","action":"remove"}', type=MaskRule) == MaskRule("$.a", "remove")


def test_every_action_is_one_that_can_be_made(make_masker):
    for action in ACTIONS:
        masker = make_masker(MaskRule("$.a", action, keep=1, precision="day"))
        assert b"2024-05-17T10" not in masker.mask(b'{"a":"2024-05-17T10"}').body
