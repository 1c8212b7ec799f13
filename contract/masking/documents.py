"""Reading JSON so that what we see is what every later parser sees, or refusing it.

Objects and arrays are opened one at a time and their contents stay `msgspec.Raw`: the bytes of the upstream, so numbers
keep their text and what no path enters is copied as it is. Opening the outermost checks the grammar of the whole
document, but not what a Raw holds of these, so they are checked apart:

- UTF-8: over the whole body, before anything else.
- Nesting: over the whole document.
- Duplicate names (parsers disagree on which one counts): in every object that is opened, which are the outermost and
  all that may hold something that a path names. Elsewhere a duplicate hides nothing, and it is passed on untouched.
  One look at a document once all of it is open (`lost_nothing`) costs less than one at each object.
"""

import json
from collections.abc import Callable
from typing import Any, Final

import msgspec

from contract.masking.withheld import Withheld

MAX_DEPTH: Final = 64
"""Objects and arrays inside one another, the outermost included."""

_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_decode_scalar = msgspec.json.Decoder(msgspec.Raw).decode
_encode = msgspec.json.Encoder().encode

Opened = dict[str, Any] | list[Any]
Open = Callable[[bytes], Opened]

WHITESPACE: Final = b" \t\r\n"
_OPENINGS = (b"{", b"[")
_STRUCTURE = b'"[]{}'
_NOT_STRUCTURE = bytes(set(range(256)) - set(_STRUCTURE))
_NOT_OPENING = bytes(set(range(256)) - set(b"[{"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


def check_text(body: bytes) -> None:
    """Raises Withheld unless the body is UTF-8 (RFC 3629: no surrogates, nothing overlong) without a mark in front."""
    if body.isascii():
        return
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Withheld("charset") from error
    if text[0] == "\ufeff":
        raise Withheld("charset")


def open_container(source: bytes) -> Opened:
    """The members by unescaped name, or the elements, of an object or array. Raises Withheld on duplicate names."""
    return _decode_array(source) if source[:1] == b"[" else _open_object(source)


def open_unchecked(source: bytes) -> Opened:
    """As `open_container`, but of members with the same name all but one are lost."""
    return _decode_array(source) if source[:1] == b"[" else _decode_object(source)


def open_objects(source: bytes) -> list[dict[str, Any]] | None:
    """The elements of an array, opened unchecked as well, in one go; None where one is not an object."""
    try:
        return _decode_objects(source)
    except msgspec.ValidationError:
        return None


def open_document(body: bytes, open_one: Open = open_container) -> Opened | msgspec.Raw:
    """The outermost value of a body that `check_text` let through, opened one level. Raises Withheld."""
    source = body.strip(WHITESPACE)
    try:
        document = open_one(source) if source.startswith(_OPENINGS) else _decode_scalar(source)
    except RecursionError as error:
        raise Withheld("too-deep") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Withheld("invalid-json") from error
    if is_deeper(body, MAX_DEPTH):
        raise Withheld("too-deep")
    return document


def lost_nothing(source: bytes, opened: Opened) -> bool:
    """Whether all members are there of what was opened unchecked, so deep as it is open. False also where only a
    look at each object can say.

    Every member has a colon. Writing the members out again keeps all colons but those of members that were lost. It
    never makes them longer, so where the length is the same as well, nothing was lost.
    """
    written = _encode(opened)
    if len(written) == len(source):
        return True
    return source.count(b":") == written.count(b":") and (b"\\" not in source or not _escapes_colon(source))


def is_deeper(document: bytes, limit: int) -> bool:
    """Whether a valid document nests objects and arrays more than `limit` deep."""
    if len(document.translate(None, _NOT_OPENING)) <= limit:
        return False
    structure = document.replace(b"\\\\", b"").replace(b'\\"', b"").translate(_ONE_KIND, _NOT_STRUCTURE)
    brackets = b"".join(structure.split(b'"')[::2])
    for _ in range(limit):
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def _open_object(source: bytes) -> dict[str, Any]:
    members = _decode_object(source)
    if not lost_nothing(source, members):
        _check_names(source, len(members))
    return members


def _escapes_colon(source: bytes) -> bool:
    """Whether a name could gain a colon when it is written out again, which would make up for one that was lost."""
    return b"\\u003a" in source or b"\\u003A" in source


def _check_names(source: bytes, distinct_names: int) -> None:
    """The slow, exact count. Python's parser closes the outermost object last."""
    member_counts: list[int] = []
    json.loads(source, object_pairs_hook=lambda pairs: member_counts.append(len(pairs)), parse_int=str, parse_float=str)
    if member_counts[-1] != distinct_names:
        raise Withheld("duplicate-key")
