"""Settings files of operators: YAML read into typed values, with an error that names the field and what it may be."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from django.core.exceptions import ValidationError

from catalog.yaml_text import TextError, read_text

Shape = TypeVar("Shape", bound=msgspec.Struct)
Shapes = Mapping[str, type[msgspec.Struct]]
"""Where in the file each struct stands: `$` is the whole, `$.limits[]` each element of `limits`."""

_UNKNOWN_FIELD = re.compile(r"unknown field `(.+?)`(?: - at `(.+)`)?\Z")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def read_operator_file(text: str | bytes, shape: type[Shape], shapes: Shapes) -> Shape:
    """The file's content. Raises ValidationError."""
    try:
        return msgspec.convert(read_text(text), shape)
    except TextError as error:
        raise ValidationError(str(error)) from None
    except msgspec.ValidationError as error:
        raise ValidationError(_sentence(str(error), {"$": shape, **shapes})) from None


def _sentence(message: str, shapes: Shapes) -> str:
    found = _UNKNOWN_FIELD.search(message)
    if not found:
        return message.replace("Object missing", "The file lacks the").replace("`object`", "a list of `name: value`")
    name, where = found[1], found[2] or "$"
    known = msgspec.structs.fields(shapes[re.sub(r"\[[^]]*\]", "[]", where)])
    return f"Unknown field {name} at {where}; known are {', '.join(field.encode_name for field in known)}."


def given(content: msgspec.Struct, *left_out: str) -> dict[str, Any]:
    """The fields that the file names, without those `left_out`: what it does not name stays as it is."""
    pairs = ((name, getattr(content, name)) for name in content.__struct_fields__ if name not in left_out)
    return {name: value for name, value in pairs if value is not msgspec.UNSET}


def expand(text: str, environment: Mapping[str, str]) -> str:
    """`text` with each `${NAME}` replaced. Raises ValidationError naming a variable that is not set."""

    def value(found: re.Match[str]) -> str:
        if not environment.get(found[1]):
            raise ValidationError(f"The environment variable {found[1]} is not set; the file asks for ${{{found[1]}}}.")
        return environment[found[1]]

    return _VARIABLE.sub(value, text)


def names_variable(text: str) -> bool:
    """Whether `text` asks for an environment variable."""
    return bool(_VARIABLE.search(text))


def moment(text: str | None, field: str) -> datetime | None:
    """A moment from ISO 8601, in UTC where no offset is given. Raises ValidationError."""
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise ValidationError({field: f"{text!r} is not a date or time such as 2027-01-31T12:00:00Z."}) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
