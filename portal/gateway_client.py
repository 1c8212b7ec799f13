"""The portal as a client of the gateway: calls that a person makes from a page."""

import http.client
import time
from typing import NamedTuple
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10.0
MOST_BODY_BYTES = 64 * 1024
_PIECE_BYTES = 16 * 1024
_PORTAL = "Portcullis portal"


class GatewayUnreachable(OSError):
    """The gateway did not answer in time, or not with HTTP."""


class Question(NamedTuple):
    """A call to the gateway, without what shows who calls. `body` None: none is sent."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


class Answer(NamedTuple):
    """What came back; the body is cut to what a page can show. `is_text`: it was UTF-8; `is_cut`: there is more, or its
    end did not come in time."""

    status: int
    content_type: str
    body: str
    request_id: str
    took_ms: float
    headers: tuple[tuple[str, str], ...] = ()
    is_text: bool = True
    is_cut: bool = False


def get(url: str, key: str) -> Answer:
    """GET with a key, following no redirect. Raises GatewayUnreachable."""
    return send(Question("GET", url, (("Accept", "application/json"),)), key)


def send(
    question: Question, key: str, *, deadline_seconds: float = TIMEOUT_SECONDS, most_bytes: int = MOST_BODY_BYTES
) -> Answer:
    """Make a call with a key or token, follow no redirect, and give up at the deadline. Raises GatewayUnreachable."""
    parts = urlsplit(question.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=deadline_seconds)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    own = {"User-Agent": _PORTAL, "Authorization": f"Bearer {key}"}
    started = time.monotonic()
    try:
        connection.request(question.method, target, question.body, dict(question.headers) | own)
        response = connection.getresponse()
        body, is_whole = _read(connection, response, started + deadline_seconds, most_bytes)
        return _answer(response, body, is_whole, (time.monotonic() - started) * 1000)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise GatewayUnreachable(type(error).__name__) from None
    finally:
        connection.close()


def _read(
    connection: http.client.HTTPConnection, response: http.client.HTTPResponse, deadline: float, most_bytes: int
) -> tuple[bytes, bool]:
    """At most so many bytes, whatever the pace at which they come, and whether that is all. An answer without end is
    cut like a long one."""
    body = b""
    while len(body) <= most_bytes and (left := deadline - time.monotonic()) > 0:
        if connection.sock is not None:
            connection.sock.settimeout(left)
        try:
            piece = response.read1(_PIECE_BYTES)
        except TimeoutError:
            break
        if not piece:
            return body, not response.length
        body += piece
    return body[:most_bytes], False


def _answer(response: http.client.HTTPResponse, body: bytes, is_whole: bool, took_ms: float) -> Answer:
    text = body.decode(errors="replace" if is_whole else "ignore")
    return Answer(
        status=response.status,
        content_type=response.headers.get_content_type(),
        body=text,
        request_id=response.headers.get("X-Request-Id", ""),
        took_ms=took_ms,
        headers=tuple(response.headers.items()),
        is_text=_is_text(body, is_whole),
        is_cut=not is_whole,
    )


def _is_text(body: bytes, is_whole: bool) -> bool:
    """Where it is cut, the last character may be so too."""
    for end in range(1 if is_whole else 4):
        try:
            body[: len(body) - end].decode()
        except UnicodeDecodeError:
            continue
        return True
    return False
