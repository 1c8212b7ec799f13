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
    """What came back; the body is cut to what a page can show. `is_text`: all of it was UTF-8."""

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
        body = _read(connection, response, started + deadline_seconds, most_bytes + 1)
        return _answer(response, body, most_bytes, (time.monotonic() - started) * 1000)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise GatewayUnreachable(type(error).__name__) from None
    finally:
        connection.close()


def _read(
    connection: http.client.HTTPConnection, response: http.client.HTTPResponse, deadline: float, most_bytes: int
) -> bytes:
    """At most so many bytes, whatever the pace at which they come. Raises TimeoutError."""
    body = b""
    while len(body) < most_bytes:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left)
        piece = response.read1(min(_PIECE_BYTES, most_bytes - len(body)))
        if not piece:
            break
        body += piece
    return body


def _answer(response: http.client.HTTPResponse, body: bytes, most_bytes: int, took_ms: float) -> Answer:
    shown, is_cut = body[:most_bytes], len(body) > most_bytes
    text = shown.decode(errors="ignore" if is_cut else "replace")
    return Answer(
        status=response.status,
        content_type=response.headers.get_content_type(),
        body=text,
        request_id=response.headers.get("X-Request-Id", ""),
        took_ms=took_ms,
        headers=tuple(response.headers.items()),
        is_text=_is_text(shown, is_cut),
        is_cut=is_cut,
    )


def _is_text(body: bytes, is_cut: bool) -> bool:
    """Where it is cut, the last character may be so too."""
    for end in range(4 if is_cut else 1):
        try:
            body[: len(body) - end].decode()
        except UnicodeDecodeError:
            continue
        return True
    return False
