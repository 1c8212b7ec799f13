"""How the values of parameters are written (OpenAPI 3.1, "Style Values"): what `gateway.validation.styles` reads."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

from portal.trying.inputs import Given, scalar_text

_DELIMITERS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
Pairs = list[tuple[str, str]]


def path_part(given: Given, value: Any) -> str:
    """A value in the path, percent-encoded, so that it stays one segment."""
    return quote(one_text(given, value), safe="")


def one_text(given: Given, value: Any) -> str:
    """A value as one text: in the path and in headers. Styles simple and label."""
    delimiter = "." if given.style == "label" and given.explode else ","
    text = delimiter.join(_parts(value, assigned=given.explode))
    return f".{text}" if given.style == "label" else text


def _parts(value: Any, *, assigned: bool) -> list[str]:
    if isinstance(value, dict):
        pairs = [(name, scalar_text(each)) for name, each in value.items()]
        return [f"{name}={text}" for name, text in pairs] if assigned else [part for pair in pairs for part in pair]
    return [scalar_text(each) for each in value] if isinstance(value, list) else [scalar_text(value)]


def query_pairs(given: Given, value: Any) -> Pairs:
    """A value in the query, as names and values."""
    if given.style == "deepObject" and isinstance(value, dict):
        return [(f"{given.name}[{name}]", text) for name, each in value.items() for text in _texts(each)]
    if given.explode and isinstance(value, dict):
        return [(name, scalar_text(each)) for name, each in value.items()]
    if given.explode and isinstance(value, list):
        return [(given.name, scalar_text(each)) for each in value]
    return [(given.name, _DELIMITERS.get(given.style, ",").join(_parts(value, assigned=False)))]


def _texts(value: Any) -> list[str]:
    return [scalar_text(each) for each in value] if isinstance(value, list) else [scalar_text(value)]


def query_string(pairs: Iterable[tuple[str, str]]) -> str:
    """With its question mark; empty for no pairs."""
    text = urlencode(list(pairs), quote_via=quote, safe="")
    return f"?{text}" if text else ""
