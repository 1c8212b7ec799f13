"""Reading one parameter, or one field of a form: from text to the values that it may stand for."""

from collections.abc import Mapping
from typing import Any

from contract.request_rules import Schema, Style
from gateway.validation.json_text import read_json
from gateway.validation.media import is_json
from gateway.validation.places import Named
from gateway.validation.scalars import readings
from gateway.validation.shapes import shape_of
from gateway.validation.styles import claimed, once, read_scalar_text, read_text, read_values

_STRUCTURED = frozenset({"array", "object"})


class Reader:
    """`others` are the names of the other parameters in the same place.

    Most texts have one reading. Where the schema allows several types, `1` may be a number or a string: all are given,
    and one that fits is enough. `is_structured`: it has parts, so giving it twice may mean something.
    """

    __slots__ = ("_explode", "_media_type", "_others", "_shape", "_style", "is_structured", "name")

    def __init__(
        self,
        name: str,
        schema: Schema,
        definitions: Mapping[str, Schema],
        *,
        style: Style,
        explode: bool,
        media_type: str = "",
        others: frozenset[str] = frozenset(),
    ) -> None:
        self.name = name
        self._style = style
        self._explode = explode
        self._media_type = media_type
        self._others = others
        self._shape = shape_of(schema, definitions)
        has_parts = style == "deepObject" or bool(self._shape.kinds & _STRUCTURED)
        self.is_structured = has_parts and not media_type

    def of_text(self, text: str) -> list[Any]:
        """For path and header. Raises Malformed."""
        if self._media_type:
            return [self._document(text)]
        if self.is_structured:
            return [read_text(self._style, self._explode, self.name, self._shape, text)]
        return self._scalars(read_scalar_text(self._style, self.name, text))

    def of_values(self, values: Named) -> list[Any] | None:
        """For query, cookies and forms; None where it is not there. Raises Malformed."""
        if self.is_structured:
            found = read_values(self._style, self._explode, self.name, self._shape, values, self._others)
            return None if found is None else [found]
        if self.name not in values:
            return None
        text = once(values[self.name])
        return [self._document(text)] if self._media_type else self._scalars(text)

    def _document(self, text: str) -> Any:
        return read_json(text.encode()) if is_json(self._media_type) else text

    def _scalars(self, text: str) -> list[Any]:
        return list(readings(text, self._shape.kinds)) or [text]

    def claimed(self, values: Named) -> set[str]:
        """The names among the values that belong to it."""
        if not self.is_structured:
            return {self.name}
        return claimed(self._style, self._explode, self.name, self._shape, values, self._others)
