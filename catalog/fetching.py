"""A document from an address on the internet, fetched so that nothing inside our own network can be reached.

Every address of the host is looked at, the connection goes to one that was looked at, redirects are not followed, and
time and size are bounded.
"""

import http.client
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError

from catalog.outgoing import Address, allowed_address, exchange, is_public, port_of
from catalog.yaml_text import MOST_BYTES

LONGEST_SECONDS = 20.0


def fetch(
    url: str, *, allows: Callable[[Address], bool] = is_public, longest_seconds: float = LONGEST_SECONDS
) -> bytes:
    """The body of the answer. Raises ValidationError, which never tells what a refused host answered."""
    parts = _parts(url)
    address = _checked_address(str(parts.hostname), port_of(parts), allows)
    try:
        return _get(parts, address, longest_seconds)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _refusal(f"It cannot be fetched from {parts.hostname}: {type(error).__name__}.") from None


def _refusal(sentence: str) -> ValidationError:
    return ValidationError({"address": sentence})


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _refusal("Write an address such as https://example.com/openapi.yaml.")
    if parts.username is not None or parts.password is not None:
        raise _refusal("No credentials in the address: fetch the document yourself and choose it as a file.")
    return parts


def _checked_address(host: str, port: int, allows: Callable[[Address], bool]) -> str:
    try:
        address = allowed_address(host, port, allows)
    except (OSError, UnicodeError):
        raise _refusal(f"{host} has no address.") from None
    if address is None:
        raise _refusal(f"{host} is not on the public internet. Choose the document as a file, or paste it.")
    return address


def _get(parts: SplitResult, address: str, longest_seconds: float) -> bytes:
    with exchange(parts, address, longest_seconds) as (answer, is_over):
        body = _body(answer)
    if is_over.is_set():
        raise _refusal(f"It takes longer than {longest_seconds:g} seconds.")
    return body


def _body(answer: http.client.HTTPResponse) -> bytes:
    if 300 <= answer.status < 400:
        raise _refusal("It leads on to another address; give that one.")
    if answer.status != 200:
        raise _refusal(f"It answers {answer.status}.")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise _refusal("It is compressed although we did not ask for that.")
    body = answer.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise _refusal(f"It is larger than {MOST_BYTES // 1024 // 1024} MiB.")
    if answer.length:
        raise _refusal("It ends before its end.")
    return body
