"""How values are written in parameters (OpenAPI 3.1, "Style Values"; RFC 6570).

Text is percent-decoded before it is taken apart, as server frameworks do: a delimiter is a delimiter either way, so
that the upstream cannot find parts in what was one part here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.validation.issues import Malformed
from gateway.validation.scalars import first_reading
from gateway.validation.shapes import Shape

Values = Mapping[str, Sequence[str]]
_TWICE = "Must be given once."
_DELIMITERS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
_BRACKETS = "[]"


def read_text(style: str, explode: bool, name: str, shape: Shape, text: str) -> Any:
    """The array or object in one text: styles simple, label and matrix. Raises Malformed."""
    if style == "matrix":
        return _read_matrix(explode, name, shape, text)
    delimiter = ","
    if style == "label":
        text = _without(".", text)
        delimiter = "." if explode else ","
    return _collect(text.split(delimiter), shape, assigned=explode)


def read_scalar_text(style: str, name: str, text: str) -> str:
    """The text of a single value: styles simple, label and matrix. Raises Malformed."""
    if style == "matrix":
        return _without(f";{name}=", text)
    return _without(".", text) if style == "label" else text


def _without(prefix: str, text: str) -> str:
    if not text.startswith(prefix):
        raise Malformed("Is not written in the style that the document names.")
    return text[len(prefix) :]


def _read_matrix(explode: bool, name: str, shape: Shape, text: str) -> Any:
    if not explode:
        return _collect(_without(f";{name}=", text).split(","), shape, assigned=False)
    parts = _without(";", text).split(";")
    if "array" in shape.kinds:
        return _elements([_without(f"{name}=", part) for part in parts], shape)
    return _collect(parts, shape, assigned=True)


def _collect(parts: list[str], shape: Shape, *, assigned: bool) -> Any:
    """An array, or an object of names and values in turn (`assigned`: of `name=value`). Raises Malformed."""
    if "array" in shape.kinds:
        return _elements(parts, shape)
    if assigned:
        return _object([_pair(part) for part in parts], shape)
    if len(parts) % 2:
        raise Malformed("Must list names and values in turn.")
    return _object(list(zip(parts[::2], parts[1::2], strict=True)), shape)


def _pair(part: str) -> tuple[str, str]:
    name, sign, value = part.partition("=")
    if not sign:
        raise Malformed("Must list values as name=value.")
    return name, value


def _elements(parts: Sequence[str], shape: Shape) -> list[Any]:
    return [first_reading(part, shape.items) for part in parts]


def _object(pairs: list[tuple[str, str]], shape: Shape) -> dict[str, Any]:
    found = {name: first_reading(value, shape.properties.get(name, shape.rest)) for name, value in pairs}
    if len(found) < len(pairs):
        raise Malformed("Names a property twice.")
    return found


def read_values(
    style: str, explode: bool, name: str, shape: Shape, values: Values, others: frozenset[str] = frozenset()
) -> Any:
    """The array or object among named values: query, cookie and form styles. None where it is not there.

    `others` are the names of other parameters, which an object without fixed names must leave alone. Raises Malformed.
    """
    if style == "deepObject":
        return _read_deep(name, shape, values)
    if explode and "array" not in shape.kinds:
        return _read_exploded(shape, values, others)
    if name not in values:
        return None
    if explode:
        return _elements(values[name], shape)
    return _collect(once(values[name]).split(_DELIMITERS[style]), shape, assigned=False)


def once(values: Sequence[str]) -> str:
    """The one value. Raises Malformed where there are more."""
    if len(values) > 1:
        raise Malformed(_TWICE)
    return values[0]


def _read_exploded(shape: Shape, values: Values, others: frozenset[str]) -> dict[str, Any] | None:
    """An object whose properties are parameters of their own names; None where none of them is there."""
    found = {
        given: first_reading(once(values[given]), shape.properties.get(given, shape.rest))
        for given in values
        if is_part(given, shape, others)
    }
    return found or None


def is_part(given: str, shape: Shape, others: frozenset[str]) -> bool:
    """Whether a name among the values is that of a property of an exploded object."""
    return given in shape.properties or (shape.is_open and given not in others and "[" not in given)


def _read_deep(name: str, shape: Shape, values: Values) -> dict[str, Any] | None:
    """`name[property]=value`, one level deep; arrays by repetition."""
    found: dict[str, Any] = {}
    for given in values:
        if given.startswith(f"{name}[") and given.endswith("]"):
            inner = given[len(name) + 1 : -1]
            if not inner or any(bracket in inner for bracket in _BRACKETS):
                raise Malformed("May be nested one level deep.")
            kinds = shape.properties.get(inner, shape.rest)
            found[inner] = list(values[given]) if "array" in kinds else first_reading(once(values[given]), kinds)
    return found or None


def claimed(
    style: str, explode: bool, name: str, shape: Shape, values: Values, others: frozenset[str] = frozenset()
) -> set[str]:
    """The names among the values that belong to a parameter."""
    if style == "deepObject":
        return {given for given in values if given.startswith(f"{name}[")}
    if explode and "object" in shape.kinds:
        return {given for given in values if is_part(given, shape, others)}
    return {name}
