"""A document from an address on the internet, fetched so that nothing inside our own network can be reached.

Every address of the host is looked at, the connection goes to one that was looked at, redirects are not followed, and
time and size are bounded.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError

from catalog.yaml_text import MOST_BYTES

LONGEST_SECONDS = 20.0
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Networks whose addresses lead on to an IPv4 address that stands within (RFC 6052, section 2.1).
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet at large; what is written inside another counts as well."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _TRANSLATED:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inside is not None:
            return is_public(inside)
    return address.is_global and not address.is_multicast and not address.is_reserved


def fetch(
    url: str, *, allows: Callable[[Address], bool] = is_public, longest_seconds: float = LONGEST_SECONDS
) -> bytes:
    """The body of the answer. Raises ValidationError, which never tells what a refused host answered."""
    parts = _parts(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _checked_address(str(parts.hostname), port, allows)
    try:
        return _get(parts, address, port, longest_seconds)
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
    """One address of the host. Raises ValidationError where any of them is not allowed: names may have several."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _refusal(f"{host} has no address.") from None
    addresses = [str(each[4][0]).partition("%")[0] for each in found]
    if not addresses or not all(allows(ipaddress.ip_address(each)) for each in addresses):
        raise _refusal(f"{host} is not on the public internet. Choose the document as a file, or paste it.")
    return addresses[0]


def _get(parts: SplitResult, address: str, port: int, longest_seconds: float) -> bytes:
    with _connected(parts, address, port, longest_seconds) as (connection, is_over):
        client = http.client.HTTPConnection(str(parts.hostname), port, timeout=longest_seconds)
        client.sock = connection
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        client.request("GET", path, headers={"Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"})
        with client.getresponse() as answer:
            body = _body(answer)
    if is_over.is_set():
        raise _refusal(f"It takes longer than {longest_seconds:g} seconds.")
    return body


@contextlib.contextmanager
def _connected(
    parts: SplitResult, address: str, port: int, longest_seconds: float
) -> Iterator[tuple[socket.socket, threading.Event]]:
    """A connection that ends when the time is over, however slowly the other side goes on sending.

    What is shut is the socket that is read: TLS takes the plain one's place.
    """
    with _secured(socket.create_connection((address, port), timeout=longest_seconds), parts) as connection:
        is_over = threading.Event()
        over = threading.Timer(longest_seconds, _shut, [connection, is_over])
        over.daemon = True
        over.start()
        try:
            yield connection, is_over
        finally:
            over.cancel()


def _secured(connection: socket.socket, parts: SplitResult) -> socket.socket:
    if parts.scheme != "https":
        return connection
    try:
        return ssl.create_default_context().wrap_socket(connection, server_hostname=parts.hostname)
    except BaseException:
        connection.close()
        raise


def _shut(connection: socket.socket, is_over: threading.Event) -> None:
    is_over.set()
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


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
