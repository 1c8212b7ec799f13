"""Text as the JSON value that a schema asks for; numbers only as JSON writes them (RFC 8259, section 6)."""

import math
import re
from collections.abc import Iterator

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NUMBER_MAX_CHARACTERS = 64
Scalar = bool | int | float | str


def readings(text: str, kinds: frozenset[str]) -> Iterator[Scalar]:
    """Every reading of a text as one of these JSON types; none where it can be none of them. No kinds: any string."""
    if "boolean" in kinds and text in ("true", "false"):
        yield text == "true"
    if kinds & {"integer", "number"} and len(text) <= _NUMBER_MAX_CHARACTERS:
        yield from _numbers(text, kinds)
    if "string" in kinds or not kinds:
        yield text


def _numbers(text: str, kinds: frozenset[str]) -> Iterator[Scalar]:
    if _INTEGER.fullmatch(text):
        yield int(text)
    elif "number" in kinds and _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        yield number


def first_reading(text: str, kinds: frozenset[str]) -> Scalar:
    """The first reading; the text itself where there is none, so that the schema refuses it by its type."""
    return next(readings(text, kinds), text)
