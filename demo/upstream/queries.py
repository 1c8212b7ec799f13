"""Query strings: known parameters checked, others ignored, a known one twice refused."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from demo.upstream.replies import Refusal, invalid

Reader = Callable[[str], Any]


def read_query(raw: str, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """The parameters of ``readers`` that stand in the query; raises ``Refusal`` 400 or 422."""
    values: dict[str, Any] = {}
    for name, text in _pairs(raw):
        if name not in readers:
            continue
        if name in values:
            raise invalid("Given twice.", f"?{name}")
        values[name] = _read(name, text, readers[name])
    return values


def _pairs(raw: str) -> list[tuple[str, str]]:
    if not raw:
        return []
    try:
        return parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:
        raise Refusal(400, "bad-query", "The query string cannot be read.") from None


def _read(name: str, text: str, reader: Reader) -> Any:
    try:
        return reader(text)
    except ValueError as error:
        raise invalid(str(error), f"?{name}") from None


def whole_number(lowest: int, highest: int) -> Reader:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and lowest <= int(text) <= highest):
            raise ValueError(f"Must be a whole number from {lowest} to {highest}.")
        return int(text)

    return read


def one_of(*words: str) -> Reader:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"Must be one of {', '.join(words)}.")
        return text

    return read


def day(text: str) -> date:
    try:
        if len(text) != 10:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("Must be a date such as 2026-11-30.") from None
