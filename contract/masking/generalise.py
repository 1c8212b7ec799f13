"""Making dates and numbers coarser. What is neither is not guessed at: the result is None, the value is redacted."""

import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_FLOOR, Context, Decimal

DATE_PRECISIONS = {"year": 4, "month": 7, "day": 10}
"""Leading characters of an RFC 3339 date or date-time that each precision keeps."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?)?", re.ASCII)
_STEP = re.compile(r"(0|[1-9]\d{0,14})(\.\d{1,9})?", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)
_MAX_DIGITS = 40
_EXACT = Context(prec=3 * _MAX_DIGITS)

Generaliser = Callable[[str], str | None]


class PrecisionError(ValueError):
    """The end of a sentence that begins with the precision and its path."""


def parse_precision(precision: str) -> Decimal | int:
    """Characters of the date to keep (int), or the numbers' step (Decimal). Raises PrecisionError."""
    if precision in DATE_PRECISIONS:
        return DATE_PRECISIONS[precision]
    if not _STEP.fullmatch(precision) or not Decimal(precision):
        raise PrecisionError('is unknown: use year, month or day for dates, or a step above 0 such as "10" for numbers')
    return Decimal(precision).normalize()


def make_generaliser(precision: str) -> Generaliser:
    """A function from a value's text to its coarser text, or to None where the value does not fit the precision."""
    parsed = parse_precision(precision)
    if isinstance(parsed, int):
        return lambda text: _shorten_date(text, parsed)
    return lambda text: _floor_number(text, parsed)


def _shorten_date(text: str, characters: int) -> str | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return None
    return text[:characters]


def _floor_number(text: str, step: Decimal) -> str | None:
    """The multiple of `step` at or below. Numbers of absurd length would cost more than they tell."""
    if len(text) > _MAX_DIGITS or not _NUMBER.fullmatch(text):
        return None
    value = Decimal(text)
    if value.adjusted() > _MAX_DIGITS:
        return None
    steps = _EXACT.divide(value, step).to_integral_value(ROUND_FLOOR)
    return format(_EXACT.add(_EXACT.multiply(steps, step), 0), "f")
