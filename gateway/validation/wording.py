"""What a JSON Schema keyword asks for, as a sentence. It may quote the document, never the request."""

from collections.abc import Callable
from typing import Any

import msgspec

_QUOTED_MAX_CHARACTERS = 200
_FORMATS = {
    "date": "a date such as 2027-01-31",
    "date-time": "a date and time with its offset, such as 2027-01-31T12:00:00Z",
    "time": "a time with its offset, such as 12:00:00Z",
    "email": "an e-mail address",
    "uuid": "a UUID",
    "uri": "an absolute address such as https://example.org/",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "hostname": "a host name",
}

GENERIC = "Is not as the document asks."
NOT_ALLOWED = "May not be sent."
UNDECLARED = "Holds a member that the document does not declare."


def missing(name: str) -> str:
    """For `required`; the name stands in the document."""
    return f"Lacks the member {_quoted(name)}."


def _kinds(value: Any) -> str:
    kinds = value if isinstance(value, list) else [value]
    return f"Must be of type {' or '.join(map(str, kinds))}."


def _listed(values: Any) -> str:
    text = ", ".join(_quoted(value) for value in values)
    return f"Must be one of {text}." if len(text) <= _QUOTED_MAX_CHARACTERS else "Is none of the listed values."


def _quoted(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _QUOTED_MAX_CHARACTERS else text[:_QUOTED_MAX_CHARACTERS] + "…"


def _counted(template: str, one: str, many: str) -> Callable[[Any], str]:
    return lambda limit: template.format(f"{limit} {one if limit == 1 else many}")


SENTENCES: dict[str, Callable[[Any], str]] = {
    "type": _kinds,
    "enum": _listed,
    "const": lambda value: f"Must be {_quoted(value)}.",
    "minimum": lambda limit: f"Must be at least {limit}.",
    "maximum": lambda limit: f"Must be at most {limit}.",
    "exclusiveMinimum": lambda limit: f"Must be more than {limit}.",
    "exclusiveMaximum": lambda limit: f"Must be less than {limit}.",
    "multipleOf": lambda step: f"Must be a multiple of {step}.",
    "minLength": _counted("Must have at least {}.", "character", "characters"),
    "maxLength": _counted("Must have at most {}.", "character", "characters"),
    "pattern": lambda pattern: f"Must match the pattern {str(pattern)[:_QUOTED_MAX_CHARACTERS]}",
    "format": lambda name: f"Must be {_FORMATS.get(name, f'of the format {name}')}.",
    "minItems": _counted("Must have at least {}.", "element", "elements"),
    "maxItems": _counted("Must have at most {}.", "element", "elements"),
    "uniqueItems": lambda _: "Must not hold an element twice.",
    "minProperties": _counted("Must have at least {}.", "member", "members"),
    "maxProperties": _counted("Must have at most {}.", "member", "members"),
    "contains": lambda _: "Lacks an element of the kind that the document asks for.",
    "propertyNames": lambda _: "Has a member whose name is not as the document asks.",
    "dependentRequired": lambda _: "Lacks a member that another one asks for.",
    "unevaluatedProperties": lambda _: UNDECLARED,
    "unevaluatedItems": lambda _: "Holds an element that the document does not declare.",
    "anyOf": lambda _: "Fits none of the forms that the document allows.",
    "oneOf": lambda _: "Must fit exactly one of the forms that the document allows.",
    "not": lambda _: "Has the form that the document rules out.",
}
