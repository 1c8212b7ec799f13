"""What each action makes of each kind of value, and which one wins where several meet."""

import base64
import hashlib
import hmac
import itertools
import json

import pytest

from contract.masking.rules import MaskRule

NOTHING_IN_PART = ["true", "false", "null", "{}", "[]", '{"secret":"ada"}', '["ada"]']


@pytest.fixture
def mask_value(make_masker):
    """JSON text of the value that stands in place of one masked by `MaskRule("$.v", …)`."""

    def mask(value: str, action: str, **settings: object) -> str:
        body = make_masker(MaskRule("$.v", action, **settings)).mask(f'{{"v":{value}}}'.encode()).body
        return body.decode().removeprefix('{"v":').removesuffix("}")

    return mask


@pytest.mark.parametrize("value", ['"ada"', "1.10", "true", "null", '{"a":1}', "[1,2]"])
def test_redact_makes_anything_null(mask_value, value):
    assert mask_value(value, "redact") == "null"


@pytest.mark.parametrize("action", ["redact", "hash", "partial", "truncate", "generalise"])
@pytest.mark.parametrize("value", NOTHING_IN_PART)
def test_what_cannot_be_shown_in_part_is_redacted(mask_value, value, action):
    assert mask_value(value, action, keep=3, precision="10") == "null"


@pytest.mark.parametrize(
    ("value", "keep", "shown"),
    [
        ('"4111111111111111"', 4, '"••••1111"'),
        ('"ada@example.org"', 1000, '"••••ple.org"'),
        ('"ab"', 4, '"••••b"'),
        ('"a"', 4, '"••••"'),
        ('""', 4, '"••••"'),
        ("12345", 2, '"••••45"'),
        ("-1.5", 9, '"••••.5"'),
        ('"\\u0061\\u0064\\u0061\\u0021"', 1, '"••••!"'),
        ('"日本語文字"', 2, '"••••文字"'),
        ('"a\\"\\\\b\\"\\\\"', 2, '"••••\\"\\\\"'),
        ('"ab😀😀"', 2, '"••••😀😀"'),
    ],
)
def test_partial_shows_the_end_but_never_more_than_half(mask_value, value, keep, shown):
    assert mask_value(value, "partial", keep=keep) == shown


@pytest.mark.parametrize(
    ("value", "keep", "shown"),
    [('"SW1Y 4LB"', 4, '"SW1Y"'), ('"ab"', 4, '"ab"'), ("12345", 2, '"12"'), ('""', 1, '""')],
)
def test_truncate_keeps_the_beginning(mask_value, value, keep, shown):
    assert mask_value(value, "truncate", keep=keep) == shown


@pytest.mark.parametrize(
    ("value", "precision", "shown"),
    [
        ('"2024-05-17"', "year", '"2024"'),
        ('"2024-05-17"', "month", '"2024-05"'),
        ('"2024-05-17T10:11:12.5Z"', "day", '"2024-05-17"'),
        ('"2024-05-17 10:11:12+02:00"', "year", '"2024"'),
        ('"2024-02-30"', "year", "null"),
        ('"17.05.2024"', "year", "null"),
        ('"2024-05-17 ada@example.org"', "day", "null"),
        ('"٢٠٢٤-05-17"', "year", "null"),
        ('"2024-05-17\\n"', "year", "null"),
        ("20240517", "year", "null"),
        ("1234", "100", "1200"),
        ("-7", "10", "-10"),
        ("-0", "10", "0"),
        ("0.99", "1", "0"),
        ("51.50735", "0.1", "51.5"),
        ("51.50735", "0.10", "51.5"),
        ("1e5", "1000", "100000"),
        ("1E-400", "10", "0"),
        ("-1e-400", "10", "-10"),
        ("123456789012345678901234567890", "1000", "123456789012345678901234567000"),
        ('"1234.50"', "100", '"1200"'),
        ('"1234 EUR"', "100", "null"),
        ('"NaN"', "100", "null"),
        ("1e400", "10", "null"),
        ("1e999999999", "10", "null"),
        ("9" * 41, "10", "null"),
        ('"2024-05-17"', "10", "null"),
    ],
)
def test_generalise_makes_dates_and_numbers_coarser_and_redacts_the_rest(mask_value, value, precision, shown):
    assert mask_value(value, "generalise", precision=precision) == shown


def test_remove_takes_the_name_along_and_closes_the_gap_in_an_array(make_masker):
    masker = make_masker(MaskRule("$.a", "remove"), MaskRule("$.l[0,2]", "remove"))
    assert masker.mask(b'{"a":1,"b":2,"l":[1,2,3,4]}').body == b'{"b":2,"l":[2,4]}'


def test_hash_is_keyed_names_its_key_and_belongs_to_one_consumer(make_masker):
    ada, bob = (make_masker(MaskRule("$.v", "hash"), subject=subject) for subject in ("ada", "bob"))
    subject_key = hmac.digest(b"k" * 32, b"portcullis mask hash\0ada", hashlib.sha256)
    expected = base64.urlsafe_b64encode(hmac.digest(subject_key, b"x@y.z", hashlib.sha256)[:16]).rstrip(b"=").decode()
    assert json.loads(ada.mask(b'{"v":"x@y.z"}').body) == {"v": "k1:" + expected}
    assert ada.mask(b'{"v":"x@\\u0079.z"}') == ada.mask(b'{"v":"x@y.z"}')
    assert ada.mask(b'{"v":"x@y.z"}') != bob.mask(b'{"v":"x@y.z"}')
    assert ada.mask(b'{"v":"x@y.z"}') != ada.mask(b'{"v":"x@y.Z"}')


def test_numbers_are_hashed_as_their_text(mask_value):
    assert mask_value("12", "hash") == mask_value('"12"', "hash") != mask_value("12.0", "hash")


MOST_RESTRICTIVE_FIRST = [
    MaskRule("$.v", "remove"),
    MaskRule("$.v", "redact"),
    MaskRule("$.v", "hash"),
    MaskRule("$.v", "partial", keep=1),
    MaskRule("$.v", "partial", keep=4),
    MaskRule("$.v", "truncate", keep=1),
    MaskRule("$.v", "truncate", keep=9),
    MaskRule("$.v", "generalise", precision="1000"),
    MaskRule("$.v", "generalise", precision="96"),
    MaskRule("$.v", "generalise", precision="0.1"),
    MaskRule("$.v", "generalise", precision="year"),
    MaskRule("$.v", "generalise", precision="day"),
]


@pytest.mark.parametrize(("stricter", "milder"), list(itertools.combinations(MOST_RESTRICTIVE_FIRST, 2)))
@pytest.mark.parametrize("value", ["12345", '"2024-05-17"'])
def test_the_most_restrictive_rule_acts_alone_in_either_order(make_masker, stricter, milder, value):
    document = f'{{"v":{value}}}'.encode()
    alone = make_masker(stricter).mask(document).body
    assert make_masker(stricter, milder).mask(document).body == alone
    assert make_masker(milder, stricter).mask(document).body == alone


def test_a_rule_on_the_whole_covers_rules_inside_it(make_masker):
    masker = make_masker(MaskRule("$.a.b", "truncate", keep=9), MaskRule("$.a", "hash"))
    assert masker.mask(b'{"a":{"b":"ada"}}') == (b'{"a":null}', ("$.a.b", "$.a"))
