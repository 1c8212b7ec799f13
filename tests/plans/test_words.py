"""Limits, prices and masks as people read them."""

import pytest

from contract.masking.rules import MaskRule
from plans.models import Limit, Plan
from plans.words import limit_words, price_words, treatment_words


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (Limit(kind="rate", amount=10, period_seconds=1, burst=20), "10 calls a second, up to 20 at once"),
        (Limit(kind="rate", amount=1000, period_seconds=3600), "1,000 calls an hour"),
        (Limit(kind="rate", amount=5, period_seconds=90, burst=5), "5 calls in 90 seconds"),
        (Limit(kind="rate", amount=1500, period_seconds=60, burst=2500), "1,500 calls a minute, up to 2,500 at once"),
        (Limit(kind="quota", amount=10_000, window="month"), "10,000 calls a month"),
        (Limit(kind="concurrency", amount=50), "50 calls at once"),
    ],
)
def test_a_limit_is_said_in_words(limit, words):
    assert limit_words(limit) == words


@pytest.mark.parametrize(
    ("cents", "currency", "words"), [(0, "EUR", "€0"), (4900, "EUR", "€49.00"), (123456, "CHF", "CHF 1,234.56")]
)
def test_a_price_is_said_in_words(cents, currency, words):
    assert price_words(Plan(price_cents=cents, currency=currency)) == words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (MaskRule("$.a", "remove"), "removed"),
        (MaskRule("$.a", "redact"), "masked"),
        (MaskRule("$.a", "hash"), "hashed"),
        (MaskRule("$.a", "partial", keep=4), "last 4"),
        (MaskRule("$.a", "truncate", keep=1), "first 1"),
        (MaskRule("$.a", "generalise", precision="year"), "only the year"),
        (MaskRule("$.a", "generalise", precision="10"), "in steps of 10"),
    ],
)
def test_a_mask_is_said_in_words(rule, words):
    assert treatment_words(rule) == words
