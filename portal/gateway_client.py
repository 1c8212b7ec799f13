"""The portal as a client of the gateway: calls that a person makes from a page, with their own key."""

import http.client
import time
from typing import NamedTuple
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10.0
MOST_BODY_BYTES = 64 * 1024


class GatewayUnreachable(OSError):
    """The gateway did not answer, or not with HTTP."""


class Answer(NamedTuple):
    """What came back; the body is cut to what a page can show."""

    status: int
    content_type: str
    body: str
    request_id: str
    took_ms: float


def get(url: str, key: str) -> Answer:
    """GET with a key, following no redirect. Raises GatewayUnreachable."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    started = time.monotonic()
    try:
        connection.request("GET", target, headers={"Authorization": f"Bearer {key}", "Accept": "application/json"})
        return _read(connection.getresponse(), started)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise GatewayUnreachable(type(error).__name__) from None
    finally:
        connection.close()


def _read(response: http.client.HTTPResponse, started: float) -> Answer:
    body = response.read(MOST_BODY_BYTES).decode(errors="replace")
    return Answer(
        status=response.status,
        content_type=response.headers.get_content_type(),
        body=body,
        request_id=response.headers.get("X-Request-Id", ""),
        took_ms=(time.monotonic() - started) * 1000,
    )
