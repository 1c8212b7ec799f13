"""One request as read, one reply's head as written, and how large either may be."""

from http import HTTPStatus
from typing import NamedTuple

from demo.upstream.replies import Refusal, Reply

MAX_BODY_BYTES = 1_048_576
MAX_HEAD_BYTES = 65_536
MAX_FRAMED_BYTES = MAX_HEAD_BYTES + 2 * MAX_BODY_BYTES
MAX_WAITING_BYTES = 262_144
MAX_QUIET_SECONDS = 75.0

CONSUMER_HEADER = b"x-consumer-id"
READ_HEADERS = frozenset(
    (b"content-type", b"content-encoding", b"content-length", b"expect", b"x-request-id", CONSUMER_HEADER)
)
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


class Request(NamedTuple):
    """``refusal`` is set when there is nothing to route; ``method`` and ``target`` are then ``None`` if unread."""

    method: str | None
    target: str | None
    headers: dict[bytes, bytes]
    body: bytes
    keep_alive: bool
    refusal: Refusal | None = None


def head(reply: Reply, date: bytes, is_last: bool) -> bytes:
    connection = b"Connection: close\r\n" if is_last else b""
    framing = b""
    if reply.status != 204:
        framing = b"Content-Type: %b\r\nContent-Length: %d\r\n" % (reply.content_type, len(reply.body))
    status_line = _STATUS_LINES[reply.status]
    return b"%bDate: %b\r\n%b%b%b\r\n" % (status_line, date, framing, reply.headers, connection)


def head_too_large() -> Refusal:
    return Refusal(431, "head-too-large", f"A request's head has at most {MAX_HEAD_BYTES} bytes.")


def too_large() -> Refusal:
    return Refusal(413, "too-large", f"A body has at most {MAX_BODY_BYTES} bytes.")


def text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
