"""A client's connection: requests in order, one at a time, each body read only as fast as somebody wants it.

A request that follows while another is answered stays unparsed in a bounded buffer, and reading pauses above its mark.
Every wait for the client has a deadline; the worker's sweep calls `expire` when one has passed.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from gateway.chunked import ChunkedDecoder
from gateway.connections import Connections
from gateway.refusal import Refused
from gateway.strict import Fields, read_fields
from gateway.transport_flow import Flow

_BUFFER_MAX_BYTES = 256 * 1024
_LINGER_SECONDS = 2.0
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
# RFC 9112, section 2.2: a server ignores empty lines before a request.
_EMPTY_LINES = re.compile(rb"\A(?:\r\n)++")
_BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_IDLE, _HEAD, _BODY, _CALL, _WRITE, _LINGER = range(6)


class ClientLimits(NamedTuple):
    """What a client may send and how long it may take."""

    head_max_bytes: int
    headers_max: int
    body_max_bytes: int
    head_seconds: float
    idle_seconds: float
    body_seconds: float
    body_least_bytes_per_second: int
    write_seconds: float


class Plain(Protocol):
    """A call that is served by callbacks."""

    def leave(self) -> None:
        """The client has left."""


class Server(Protocol):
    """Who answers requests."""

    def start_plain(self, client: "ClientConnection", buffer: bytes) -> bool:
        """Begin what stands at the buffer's beginning if it is served by callbacks (see `take_plain`), and say so."""

    async def serve(self, client: "ClientConnection", head: bytes | Refused) -> bool:
        """Answer one request; whether the connection may stay open."""


class ClientConnection(asyncio.Protocol):
    """A request is served by callbacks, or by a task of its own."""

    def __init__(self, server: Server, limits: ClientLimits, connections: Connections, scheme: bytes = b"http") -> None:
        self._server = server
        self._limits = limits
        self.head_max_bytes = limits.head_max_bytes
        self._connections = connections
        self.scheme = scheme
        self.flow = Flow()
        self.address = ""
        self.is_ending = self._is_surplus = False
        self.deadline = 0.0
        self._phase = _IDLE
        self._buffer = b""
        self._seen = 0
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._plain: Plain | None = None
        self.block = b""
        self._fields: Fields | None = None
        self.notes: object = None
        self._begin_body(None)

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.flow.attach(transport)
        self.address = self.flow.peer()
        self._connections.add(self)
        if self._connections.is_full():
            self.flow.abort()
            return
        self._is_surplus = self._connections.is_crowded(self.address)
        self._enter(_IDLE, self._limits.idle_seconds)
        if self._is_surplus:
            self.run(self._serve_next)

    def data_received(self, data: bytes) -> None:
        if self._phase == _LINGER:
            return
        self._buffer = self._buffer + data if self._buffer else data
        if self._task is None and self._plain is None:
            self._begin()
        if len(self._buffer) > _BUFFER_MAX_BYTES:
            self._paused = True
            self.flow.pause_reading()
        if self._waiter is not None:
            self._wake()

    def eof_received(self) -> bool:
        """A client that closes its side has left: nobody would read the answer (nginx, Envoy hold the same)."""
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self.flow.detach()
        self._connections.discard(self)
        self.deadline = 0.0
        if self._plain is not None:
            self._plain.leave()
            self._plain = None
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        self.flow.pause_writing()

    def resume_writing(self) -> None:
        self.flow.resume_writing()

    # Waiting, and not for ever.

    def _enter(self, phase: int, seconds: float) -> None:
        self._phase = phase
        self.deadline = time.monotonic() + seconds if seconds else 0.0

    async def _more(self) -> None:
        """Wait for bytes. Raises Refused("request-timeout")."""
        if self._paused:
            self._paused = False
            self.flow.resume_reading()
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def expire(self) -> None:
        """The deadline has passed."""
        self.deadline = 0.0
        if self._phase in (_HEAD, _BODY) and self._waiter is not None and (self._buffer or self._phase == _BODY):
            if not self._waiter.done():
                self._waiter.set_exception(Refused("request-timeout", closes=True))
        elif self._phase in (_HEAD, _IDLE):
            self.flow.close()
        else:
            self.flow.abort()

    def end(self) -> None:
        """Close as soon as the call under way is answered."""
        self.is_ending = True
        if self._phase == _IDLE or (self._phase == _HEAD and not self._buffer):
            self.flow.close()

    # One request after the other.

    def _begin(self) -> None:
        """Serve what stands in the buffer."""
        if self.is_ending or not self._server.start_plain(self, self._buffer):
            self.run(self._serve_next)

    def run(self, serve: Callable[[], Awaitable[bool]]) -> None:
        """Serve in a task; `serve` answers whether the connection may stay open."""
        self._task = asyncio.get_running_loop().create_task(self._run(serve))

    async def _run(self, serve: Callable[[], Awaitable[bool]]) -> None:
        stays = False
        try:
            stays = await serve() and self.body_is_at_hand()
        finally:
            self._task = None
            self._rest(stays=stays)

    async def _serve_next(self) -> bool:
        head = await self._next_head()
        if head is None:
            return False
        self._enter(_CALL, 0)
        return await self._server.serve(self, head)

    def _rest(self, *, stays: bool) -> None:
        """A request was answered."""
        if not stays or self.is_ending:
            self._linger()
            return
        if self._paused:
            self._paused = False
            self.flow.resume_reading()
        if self._buffer:
            self._begin()
        else:
            self._enter(_IDLE, self._limits.idle_seconds)

    def take_plain(self, plain: Plain, size_bytes: int) -> None:
        """So many bytes of the buffer are a call that is served by callbacks; it ends with `end_plain`, in `run`, or in
        `serve_again`."""
        self._plain = plain
        self._buffer = self._buffer[size_bytes:]
        self._phase, self.deadline = _CALL, 0.0

    def end_plain(self, *, stays: bool) -> None:
        """The plain call was answered."""
        self._plain = None
        self._rest(stays=stays)

    def let_plain_go(self) -> None:
        """A task goes on with the plain call."""
        self._plain = None

    def serve_again(self, request: bytes) -> None:
        """The plain call has to be served from its beginning, in a task."""
        self._plain = None
        self._buffer = request + self._buffer
        self.run(self._serve_next)

    def _linger(self) -> None:
        """Let the last answer arrive: closing with unread bytes in the kernel's buffer would destroy it."""
        self.flow.finish()
        self._buffer = b""
        self._enter(_LINGER, _LINGER_SECONDS)
        if self._paused:
            self.flow.resume_reading()

    async def _next_head(self) -> bytes | Refused | None:
        self._begin_body(None)
        if self._is_surplus:
            return Refused("too-many-connections", closes=True)
        self._enter(_HEAD, self._limits.head_seconds) if self._buffer else self._enter(_IDLE, self._limits.idle_seconds)
        try:
            while not self._buffer or (head := self._take_head()) is None:
                if self.is_ending:
                    return None
                await self._more()
        except Refused as refusal:
            return refusal
        return head

    def _take_head(self) -> bytes | None:
        """Raises Refused for a head that is too long or can never be right."""
        buffer = self._buffer
        if buffer.startswith(b"\r\n"):
            buffer, self._seen = _EMPTY_LINES.sub(b"", buffer, count=1), 0
            self._buffer = buffer
        # A head that comes byte by byte is not searched from its beginning each time.
        seen, self._seen = self._seen, len(buffer)
        end = buffer.find(b"\r\n\r\n", max(seen - 3, 0)) + 4
        if max(end, len(buffer) if end == 3 else 0) > self._limits.head_max_bytes:
            raise Refused("headers-too-large" if b"\r\n" in buffer else "uri-too-long", closes=True)
        if end == 3:
            if _BARE_LINE_FEED.search(buffer, seen):
                raise Refused("bad-request", closes=True)
            return None
        self._buffer, self._seen = buffer[end:], 0
        return buffer[:end]

    def fields(self, block: bytes) -> Fields:
        """Read a header block; the last one is remembered, since clients repeat themselves. Raises Refused."""
        fields = self._fields if block == self.block else None
        if fields is None:
            self.notes = None
            fields = read_fields(block, self._limits.headers_max)
            self._fields, self.block = fields, block
        self._begin_body(fields)
        return fields

    # The body of the request under way.

    def give_back_body(self, fields: Fields, body: bytes) -> None:
        """The body of a plain call, for whoever goes on with it."""
        self._begin_body(fields)
        self._buffer = body + self._buffer

    def _begin_body(self, fields: Fields | None) -> None:
        self._decoder = ChunkedDecoder() if fields is not None and fields.chunked else None
        self._left = fields.content_length if fields is not None else 0
        self._expects = fields is not None and b"expect" in fields.by_name
        self._body_since = 0.0
        self._held = b""
        self.body_bytes = 0

    @property
    def body_is_complete(self) -> bool:
        """Whether all of the body was taken."""
        return self._left == 0 if self._decoder is None else self._decoder.complete

    def take_body(self) -> bytes:
        """What has arrived of the body. Raises Refused: bad-request, content-too-large."""
        if self._held:
            data, self._held = self._held, b""
            return data
        if self._decoder is not None:
            data, self._buffer = self._decoder.feed(self._buffer)
        else:
            data, self._buffer = self._buffer[: self._left], self._buffer[self._left :]
            self._left -= len(data)
        self.body_bytes += len(data)
        if self.body_bytes + self._left > self._limits.body_max_bytes:
            raise Refused("content-too-large", closes=True)
        return data

    async def read_body(self) -> bytes:
        """What arrives of the body; empty at its end. Raises Refused."""
        while not (data := self.take_body()) and not self.body_is_complete:
            self._await_body()
            await self._more()
        self._enter(_CALL, 0)
        return data

    async def whole_body(self, max_bytes: int) -> bytes | None:
        """All of the body, None where it is longer; what was read of it can still be taken. Raises Refused."""
        if self._left > max_bytes:
            return None
        await self.gather_body(max_bytes + 1)
        return self._held if len(self._held) <= max_bytes else None

    async def gather_body(self, enough_bytes: int) -> None:
        """Wait until so much of the body has arrived, or all of it; it can still be taken. Raises Refused."""
        parts = [self.take_body()]
        size = len(parts[0])
        while size < enough_bytes and (part := await self.read_body()):
            parts.append(part)
            size += len(part)
        self._held = b"".join(parts)

    def _await_body(self) -> None:
        if self._expects:
            self._expects = False
            self.flow.write(_CONTINUE)
        self._body_since = self._body_since or time.monotonic()
        allowed = self._limits.body_seconds + self.body_bytes / self._limits.body_least_bytes_per_second
        self._phase, self.deadline = _BODY, self._body_since + allowed

    def leave_body(self) -> None:
        """Nobody waits for the body any more."""
        self._enter(_CALL, 0)

    def body_is_at_hand(self) -> bool:
        """Whether the next request begins here: the body was taken, or can be, without waiting."""
        try:
            self.take_body()
        except Refused:
            return False
        return self.body_is_complete

    async def drain(self) -> None:
        """Wait until the client has read enough of the answer."""
        if self.flow.is_clogged:
            self._enter(_WRITE, self._limits.write_seconds)
            await self.flow.drain()
            self._enter(_CALL, 0)
