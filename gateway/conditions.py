"""Conditional requests for a masked operation (RFC 9110, section 13).

Its answers carry no validators, because those of the original confirm guesses of what was masked. Reading goes on
without the condition, as one whose validator is not known. Writing does not: without its condition it would overwrite
what it was to spare. `*` only asks whether there is anything, and passes.
"""

from gateway.refusal import Refused
from gateway.strict import Fields

CONDITIONS = frozenset(
    {b"if", b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since", b"if-range"}
)
_READING = (b"GET", b"HEAD")


def asks_for_validator(name: bytes, value: bytes) -> bool:
    """Whether a field compares with a validator of the original; `name` in lower case."""
    return name in CONDITIONS and value != b"*"


def refuse_conditional_write(method: bytes, fields: Fields) -> None:
    """Raises Refused("precondition-failed")."""
    if method not in _READING and any(asks_for_validator(name.lower(), value) for name, value in fields.pairs):
        raise Refused("precondition-failed")
