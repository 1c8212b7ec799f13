"""One canonical path for policy and upstream alike.

Whatever a server behind us might read as another path is refused: empty, dot and parameter segments, backslashes,
encoded slashes, encoded control characters, bytes that are not UTF-8. Percent-encoded unreserved characters are
decoded, the rest is written with upper-case digits (RFC 3986, section 6.2.2).
"""

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from gateway.refusal import Refused

_PLAIN = re.compile(rb"(?:/[0-9A-Za-z\-_~!$&'()*+,=:@.]++)*+/?")
_ALLOWED = re.compile(rb"(?:/(?:[0-9A-Za-z\-._~!$&'()*+,=:@]|%[0-9A-Fa-f]{2})++)*+/?")
_QUERY = re.compile(rb"[!\"$-\x3b=?-~]*+")
_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_NEVER = frozenset(b"/\\;") | frozenset(range(0x20)) | {0x7F}
_DOTS = re.compile(rb"/\.{1,2}(?:/|\Z)")


class Target(NamedTuple):
    """`path` is canonical; `query` is as sent, with its question mark, or empty."""

    path: str
    query: bytes


def read_target(target: bytes) -> Target:
    """Read a request target in origin form. Raises Refused("bad-request")."""
    path, mark, query = target.partition(b"?")
    if not path.startswith(b"/") or _QUERY.fullmatch(query) is None:
        raise Refused("bad-request")
    if _PLAIN.fullmatch(path) is None:
        path = _decoded(path)
    if b"/." in path and _DOTS.search(path):
        raise Refused("bad-request")
    return Target(path.decode("ascii"), mark + query)


def _decoded(path: bytes) -> bytes:
    if _ALLOWED.fullmatch(path) is None:
        raise Refused("bad-request")
    try:
        unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        raise Refused("bad-request") from None
    return _ESCAPE.sub(_canonical_escape, path)


def _canonical_escape(match: re.Match[bytes]) -> bytes:
    byte = int(match[0][1:], 16)
    if byte in _NEVER:
        raise Refused("bad-request")
    return bytes((byte,)) if byte in _UNRESERVED else match[0].upper()
