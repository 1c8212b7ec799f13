"""`/metrics` on a port of its own. Whoever asks from this machine is answered; others need the token."""

import asyncio
import contextlib
import hmac
import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address

from contract.addresses import is_loopback
from gateway.metrics.exposition import CONTENT_TYPE
from gateway.refusal import Refused
from gateway.strict import Fields, read_fields, read_request_line

_HEAD_MAX_BYTES, _HEADERS_MAX = 8_192, 50
_PATIENCE_SECONDS = 5.0
_CONNECTIONS_MAX = 32
#: With one of these a proxy of this machine speaks for somebody else.
_FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")
_LINES = {
    200: b"200 OK",
    400: b"400 Bad Request",
    401: b"401 Unauthorized\r\nWWW-Authenticate: Bearer",
    404: b"404 Not Found",
}


class MetricsServer:
    """One request a connection. `text` makes the exposition, part by part; `token` empty: nobody from elsewhere is
    answered."""

    def __init__(self, text: Callable[[], Iterator[str]], token: bytes) -> None:
        self._text = text
        self._token = token
        self._connections = 0

    async def listen(self, listener: socket.socket) -> asyncio.Server:
        """Serve on a socket that all workers share: one of those that are not busy answers."""
        return await asyncio.start_server(self._serve, sock=listener.dup(), limit=_HEAD_MAX_BYTES)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    if self._connections <= _CONNECTIONS_MAX:
                        await self._answer(reader, writer)
        finally:
            self._connections -= 1
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        status = self._status(await reader.readuntil(b"\r\n\r\n"), _peer(writer))
        body = await self._body() if status == 200 else b""
        head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\nCache-Control: no-store\r\n"
        writer.write(head % (_LINES[status], CONTENT_TYPE, len(body)) + b"Connection: close\r\n\r\n" + body)
        await writer.drain()
        writer.write_eof()
        await reader.read(1)

    async def _body(self) -> bytes:
        """Calls are served between its parts."""
        parts = []
        for part in self._text():
            parts.append(part)
            await asyncio.sleep(0)
        return "".join(parts).encode()

    def _status(self, head: bytes, peer: str) -> int:
        try:
            line = read_request_line(head, _HEAD_MAX_BYTES)
            fields = read_fields(head[line.fields_at :], _HEADERS_MAX)
        except Refused:
            return 400
        if not (is_from_here(peer, fields) or self._is_known(fields)):
            return 401
        return 200 if (line.method, line.target) == (b"GET", b"/metrics") else 404

    def _is_known(self, fields: Fields) -> bool:
        given = fields.by_name.get(b"authorization", b"")
        return bool(self._token) and hmac.compare_digest(given, b"Bearer " + self._token)


def is_from_here(peer: str, fields: Fields) -> bool:
    """Whether a program of this machine asks for itself: neither a proxy for others nor a browser that was led here by
    a name which an attacker pointed at us."""
    host = fields.by_name[b"host"].decode("latin-1").rpartition(":")
    name = (host[0] if host[2].isdigit() and host[0] else "".join(host)).strip("[]")
    is_forwarded = any(name in fields.by_name for name in _FORWARDED)
    return is_loopback(peer) and is_loopback(name) and not is_forwarded


def _peer(writer: asyncio.StreamWriter) -> str:
    peer: tuple[str, int] = writer.get_extra_info("peername") or ("", 0)
    try:
        parsed = ip_address(peer[0].partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
