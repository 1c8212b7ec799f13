"""Where in a text of JSON something stands."""

import json
import re
from json.decoder import scanstring
from typing import Any, NoReturn

_SPACE = re.compile(r"[ \t\n\r]*")


class NotJson(ValueError):
    """One sentence: what is wrong, with line and column."""


def read_json(text: str) -> Any:
    """The value. Raises NotJson, also for what only Python takes for JSON."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise NotJson(f"Not valid JSON at line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except (ValueError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        raise NotJson("Nested too deeply." if deep else f"Not valid JSON: {error}.") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def line_of(text: str, pointer: str) -> int:
    """The line, from 1, of what a JSON Pointer (RFC 6901) names in a text that read_json took; as far as it leads."""
    position = _after_space(text, 0)
    for step in pointer.split("/")[1:]:
        found = _child(text, position, step.replace("~1", "/").replace("~0", "~"))
        if found is None:
            break
        position = found
    return text.count("\n", 0, position) + 1


def _child(text: str, position: int, step: str) -> int | None:
    """Where the member or element of a value begins; None where it has none of the name."""
    if text[position] == "{":
        return _member(text, _after_space(text, position + 1), step)
    if text[position] == "[" and step.isdigit():
        return _element(text, _after_space(text, position + 1), int(step))
    return None


def _member(text: str, position: int, name: str) -> int | None:
    """The last one of its name, which is the one that counts."""
    found = None
    while text[position] == '"':
        key, position = scanstring(text, position + 1)
        position = _after_space(text, _after_space(text, position) + 1)
        found = position if key == name else found
        position = _next(text, position)
    return found


def _element(text: str, position: int, number: int) -> int | None:
    while number and text[position] != "]":
        position, number = _next(text, position), number - 1
    return None if text[position] == "]" else position


def _next(text: str, position: int) -> int:
    """Where the value after this one begins, or its name, or where the closing bracket stands."""
    _, end = json.JSONDecoder().raw_decode(text, position)
    end = _after_space(text, end)
    return _after_space(text, end + 1) if text[end] == "," else end


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
