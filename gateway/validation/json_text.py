"""Reading JSON from strangers: one meaning for every parser, or none (RFC 8259, RFC 7493).

Refused: names that stand twice in an object, deep nesting, numbers that no double and no integer holds, anything but
UTF-8 without a mark in front.
"""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from contract.masking.documents import is_deeper
from gateway.validation.issues import Malformed

DEPTH_MAX = 64
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_NO_JSON = "Is not valid JSON in UTF-8."
_TWICE = "Names a member twice in one object."
_TOO_DEEP = f"Is nested more than {DEPTH_MAX} levels deep."


def read_json(body: bytes) -> Any:
    """Raises Malformed."""
    try:
        document = _decode(body)
    except RecursionError:
        raise Malformed(_TOO_DEEP) from None
    except (msgspec.MsgspecError, UnicodeError, ValueError, OverflowError):
        raise Malformed(_NO_JSON) from None
    if is_deeper(body, DEPTH_MAX):
        raise Malformed(_TOO_DEEP)
    _refuse_doubles(body, document)
    return document


def _refuse_doubles(body: bytes, document: Any) -> None:
    """Every member has a colon. Writing the document out again keeps all colons but those of members that were lost."""
    if b"\\u003a" in body or b"\\u003A" in body or body.count(b":") != _encode(document).count(b":"):
        json.loads(body, object_pairs_hook=_members, parse_int=str, parse_float=str)


def _members(pairs: Sequence[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise Malformed(_TWICE)
