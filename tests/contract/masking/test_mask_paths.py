"""What paths select, by table; `test_mask_reference` goes further. And what is said of what they selected."""

import gc
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract.masking.masker import Withheld
from contract.masking.matching import MAX_LEVELS, Level
from contract.masking.rules import MaskRule


@pytest.mark.parametrize(
    ("path", "document", "left"),
    [
        ("$.a", '{"a":1,"b":2}', '{"b":2}'),
        ("$['a','b']", '{"a":1,"b":2,"c":3}', '{"c":3}'),
        ("$.email", '{"\\u0065mail":1,"x":2}', '{"x":2}'),
        ("$['\\u0065mail']", '{"email":1}', "{}"),
        ("$['x:\\u003a']", '{"x:\\u003A":1,"y":2}', '{"y":2}'),
        ("$.größe", '{"gr\\u00f6\\u00dfe":1}', "{}"),
        ("$['😀']", '{"\\ud83d\\ude00":1}', "{}"),
        ("$['']", '{"":1,"a":2}', '{"a":2}'),
        ("$.a.b", '{"a":{"b":1,"c":2},"b":3}', '{"a":{"c":2},"b":3}'),
        ("$.a.b", '{"a":[{"b":1}]}', '{"a":[{"b":1}]}'),
        ("$.a[0]", '{"a":{"0":1}}', '{"a":{"0":1}}'),
        ("$.*", '{"a":1,"b":{"c":2}}', "{}"),
        ("$[*]", "[1,[2]]", "[]"),
        ("$[*].a", '[{"a":1},{"b":2},3,[4]]', '[{},{"b":2},3,[4]]'),
        ("$[0]", "[1,2,3]", "[2,3]"),
        ("$[-1]", "[1,2,3]", "[1,2]"),
        ("$[-3]", "[1,2]", "[1,2]"),
        ("$[5]", "[1,2]", "[1,2]"),
        ("$[1:3]", "[1,2,3,4]", "[1,4]"),
        ("$[::-2]", "[1,2,3,4]", "[1,3]"),
        ("$[0,0]", "[1,2]", "[2]"),
        ("$[0].a[1:]", '[{"a":[1,2,3]},{"a":[1,2]}]', '[{"a":[1]},{"a":[1,2]}]'),
        ("$..a", '{"a":1,"b":{"a":{"a":2}},"c":[{"a":3,"d":4}]}', '{"b":{},"c":[{"d":4}]}'),
        ("$..a.b", '{"a":{"a":{"b":1,"c":2}},"b":3}', '{"a":{"a":{"c":2}},"b":3}'),
        ("$.x..a", '{"a":1,"x":{"y":[{"a":2}]}}', '{"a":1,"x":{"y":[{}]}}'),
        ("$..[0]", "[[1,2],[3,[4,5]]]", "[[[5]]]"),
        ("$..email", '{"a":[{"\\u0065mail":1,"b":[{"c":{"\\u0065\\u006dail":2}}]}]}', '{"a":[{"b":[{"c":{}}]}]}'),
        ("$..a[0]", '{"b":{"a":[1,2]},"c":{"x":[1]}}', '{"b":{"a":[2]},"c":{"x":[1]}}'),
        ("$..*", '{"a":[1]}', "{}"),
        ("$.a", "[1]", "[1]"),
        ("$.a", "7", "7"),
        ("$..a", '"a"', '"a"'),
        ("$.a", "null", "null"),
    ],
)
def test_paths_select(make_masker, path, document, left):
    assert make_masker(MaskRule(path, "remove")).mask(document.encode()).body.decode() == left


def test_removing_an_element_does_not_shift_what_other_rules_name(make_masker):
    masker = make_masker(MaskRule("$[0]", "remove"), MaskRule("$[1]", "redact"), MaskRule("$[-1]", "truncate", keep=1))
    assert masker.mask(b'["one","two","three"]').body == b'[null,"t"]'


def test_it_tells_which_rules_named_something_in_their_order(make_masker):
    masker = make_masker(MaskRule("$..b", "remove"), MaskRule("$.x", "remove"), MaskRule("$.a", "remove"))
    assert masker.mask(b'{"a":{"b":1}}').fields == ("$..b", "$.a")
    assert masker.mask(b"{}").fields == ()


def test_two_rules_with_one_path_are_told_once(make_masker):
    masker = make_masker(MaskRule("$.a", "remove"), MaskRule("$.a", "redact"))
    assert masker.mask(b'{"a":1}').fields == ("$.a",)


@pytest.mark.parametrize("body", [b"{}", b'{"b":{"a":1}}', b"[]", b"null", b""])
def test_an_answer_without_a_required_field_is_withheld(make_masker, body):
    masker = make_masker(MaskRule("$.a", "redact", required=True))
    assert masker.mask(b'{"a":null}').fields == ("$.a",)
    with pytest.raises(Withheld) as withheld:
        masker.mask(body)
    assert withheld.value.reason == "required-missing"


def test_a_required_field_counts_inside_of_what_another_rule_removes(make_masker):
    masker = make_masker(MaskRule("$.a", "remove"), MaskRule("$.a.b", "redact", required=True))
    assert masker.mask(b'{"a":{"b":1}}').body == b"{}"
    with pytest.raises(Withheld):
        masker.mask(b'{"a":{}}')


def test_many_descendant_rules_stay_within_bounds_whatever_the_document(make_masker):
    names = [f"n{number}" for number in range(14)]
    masker = make_masker(*(MaskRule(f"$..{name}..secret", "remove") for name in names))
    for chosen in range(1500):
        nest = [name for bit, name in enumerate(names) if chosen >> bit & 1]
        document = "".join(f'{{"{name}":' for name in nest) + '{"secret":1}' + "}" * len(nest)
        assert (b"secret" in masker.mask(document.encode()).body) == (not nest)
    assert sum(type(thing) is Level for thing in gc.get_objects()) <= MAX_LEVELS + 100


def test_one_masker_serves_many_threads(make_masker):
    rules = [MaskRule(f"$..n{number}..secret", "hash") for number in range(11)]
    documents = [f'{{"n{i % 11}":[{{"n{i % 7}":{{"secret":"{i}"}}}}],"x":{i}}}'.encode() for i in range(500)]
    expected = [make_masker(*rules).mask(document) for document in documents]
    shared = make_masker(*rules)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(shared.mask, documents * 4)) == expected * 4
