"""Which of an operation's bodies a request brings: its media type against those that the document names."""

from collections.abc import Mapping
from typing import TypeVar

from contract.masking.bodies import CHARSETS, MediaType, parse_media_type

FORM = "application/x-www-form-urlencoded"
_Content = TypeVar("_Content")


def is_json(media_type: str) -> bool:
    """`application/json` and whatever ends in `+json` (RFC 6839)."""
    return media_type == "application/json" or media_type.endswith("+json")


def is_read(media_type: str) -> bool:
    """Whether bodies of this type are validated; others stream through."""
    return is_json(media_type) or media_type == FORM


def read_media_type(value: bytes | None) -> MediaType | None:
    """RFC 9110, section 8.3.1; None where there is none that can be read."""
    return None if value is None else parse_media_type(value.decode("latin-1"))


def find_content(media_type: str, contents: Mapping[str, _Content]) -> _Content | None:
    """The most specific that the document names: the type, its range, any."""
    for name in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if name in contents:
            return contents[name]
    return None


def is_utf8(media_type: MediaType) -> bool:
    """Whether the declared charset, if any, is one that is read."""
    return media_type.charset is None or media_type.charset in CHARSETS
