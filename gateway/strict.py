"""Read a request's head (RFC 9112), refusing whatever two readers could read in two ways. Nothing is repaired.

The whole head is matched against one grammar: CRLF only, one space between the parts of the request line, no folded
lines, no space before a colon, no control characters. Then what the grammar cannot say: one Host, one way to frame the
body, no field twice that must stand once. Matching is linear: all repetitions are possessive.
"""

import re
from typing import NamedTuple

from gateway.refusal import Refused

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([!-~]++) HTTP/([0-9]\.[0-9])\r\n")
_FIELD_LINES = re.compile(rb"(?:" + TOKEN + rb":[\t\x20-\x7e\x80-\xff]*+\r\n)*+\r\n")
_FIELD = re.compile(rb"([^:\r\n]++):([^\r\n]*+)\r\n")
_LENGTH = re.compile(rb"[0-9]{1,15}")
_HOST = re.compile(rb"(?:[0-9A-Za-z._~\-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_METHOD_MAX_BYTES = 20
_ONCE = (
    b"host",
    b"content-length",
    b"transfer-encoding",
    b"expect",
    b"upgrade",
    b"content-type",
    b"x-request-id",
    b"origin",
    b"dpop",
)


class RequestLine(NamedTuple):
    """The first line; `fields_at` is where the header block begins."""

    method: bytes
    target: bytes
    fields_at: int


class Fields(NamedTuple):
    """A header block. `by_name` has lower-case names; of a repeated name it holds the last value."""

    pairs: list[tuple[bytes, bytes]]
    by_name: dict[bytes, bytes]
    content_length: int
    chunked: bool
    keep_alive: bool


def read_request_line(head: bytes, target_max_bytes: int) -> RequestLine:
    """Raises Refused: bad-request, uri-too-long, http-version."""
    match = _REQUEST_LINE.match(head)
    if match is None:
        raise Refused("bad-request", closes=True)
    method, target, version = match.groups()
    if version != b"1.1":
        raise Refused("http-version", closes=True)
    if len(target) > target_max_bytes:
        raise Refused("uri-too-long", closes=True)
    if len(method) > _METHOD_MAX_BYTES:
        raise Refused("not-implemented", closes=True)
    return RequestLine(method, target, match.end())


def read_fields(block: bytes, headers_max: int) -> Fields:
    """Read the header block, up to and including its empty line.

    Raises Refused: bad-request, headers-too-large, expectation-failed, two-credentials.
    """
    if _FIELD_LINES.fullmatch(block) is None:
        raise Refused("bad-request", closes=True)
    pairs = [(name, value.strip(b" \t")) for name, value in _FIELD.findall(block)]
    if len(pairs) > headers_max:
        raise Refused("headers-too-large", closes=True)
    by_name = {name.lower(): value for name, value in pairs}
    if len(by_name) != len(pairs):
        _refuse_doubles(pairs)
    return _checked(pairs, by_name)


def _refuse_doubles(pairs: list[tuple[bytes, bytes]]) -> None:
    names = [name.lower() for name, _ in pairs]
    if any(names.count(name) > 1 for name in _ONCE):
        raise Refused("bad-request", closes=True)
    if names.count(b"authorization") > 1 or names.count(b"x-api-key") > 1:
        raise Refused("two-credentials", closes=True)


def _checked(pairs: list[tuple[bytes, bytes]], by_name: dict[bytes, bytes]) -> Fields:
    if _HOST.fullmatch(by_name.get(b"host", b"")) is None:
        raise Refused("bad-request", closes=True)
    if by_name.get(b"expect", b"100-continue").lower() != b"100-continue":
        raise Refused("expectation-failed", closes=True)
    length, chunked = _framing(by_name)
    connection = by_name.get(b"connection")
    keep_alive = connection is None or b"close" not in connection_options(pairs)
    return Fields(pairs, by_name, length, chunked, keep_alive)


def _framing(by_name: dict[bytes, bytes]) -> tuple[int, bool]:
    """Content-Length or chunked, never both, never twice, never another coding (RFC 9112, section 6.3)."""
    length, coding = by_name.get(b"content-length"), by_name.get(b"transfer-encoding")
    if coding is not None:
        if length is not None or coding.lower() != b"chunked":
            raise Refused("bad-request", closes=True)
        return 0, True
    if length is None:
        return 0, False
    if _LENGTH.fullmatch(length) is None:
        raise Refused("bad-request", closes=True)
    return int(length), False


def connection_options(pairs: list[tuple[bytes, bytes]]) -> set[bytes]:
    """The names that Connection fields list, in lower case: they are meant for this hop only."""
    values = b",".join(value for name, value in pairs if name.lower() == b"connection")
    return {option.strip(b" \t").lower() for option in values.split(b",")}
