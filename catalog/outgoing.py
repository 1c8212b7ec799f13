"""A request to somebody else's server: to an address that was looked at, with an end in time, redirects left alone."""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import SplitResult

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Networks whose addresses lead on to an IPv4 address that stands within (RFC 6052, section 2.1).
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


class Sent(NamedTuple):
    """What is asked. The host and what closes the connection are added."""

    method: str = "GET"
    headers: dict[str, str] = {}
    body: bytes | None = None


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet at large; what is written inside another counts as well."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _TRANSLATED:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inside is not None:
            return is_public(inside)
    return address.is_global and not address.is_multicast and not address.is_reserved


def port_of(parts: SplitResult) -> int:
    """The port that an http or https address leads to."""
    return parts.port or (443 if parts.scheme == "https" else 80)


def allowed_address(host: str, port: int, allows: Callable[[Address], bool]) -> str | None:
    """One address of the host; None where any of them is not allowed: names may have several.

    Raises OSError or UnicodeError for a name without addresses.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]).partition("%")[0] for each in found]
    are_allowed = bool(addresses) and all(allows(ipaddress.ip_address(each)) for each in addresses)
    return addresses[0] if are_allowed else None


@contextlib.contextmanager
def exchange(
    parts: SplitResult, address: str, longest_seconds: float, sent: Sent | None = None
) -> Iterator[tuple[http.client.HTTPResponse, threading.Event]]:
    """The answer, its body unread, and what tells whether the time was over. Raises OSError, HTTPException."""
    sent = sent or Sent()
    with _connected(parts, address, longest_seconds) as (connection, is_over):
        client = http.client.HTTPConnection(str(parts.hostname), port_of(parts), timeout=longest_seconds)
        client.sock = connection
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"} | sent.headers
        client.request(sent.method, path, body=sent.body, headers=headers)
        with client.getresponse() as answer:
            yield answer, is_over


@contextlib.contextmanager
def _connected(
    parts: SplitResult, address: str, longest_seconds: float
) -> Iterator[tuple[socket.socket, threading.Event]]:
    """A connection that ends when the time is over, however slowly the other side goes on sending.

    What is shut is the socket that is read: TLS takes the plain one's place.
    """
    plain = socket.create_connection((address, port_of(parts)), timeout=longest_seconds)
    with _secured(plain, parts) as connection:
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
