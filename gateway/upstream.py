"""One connection to an upstream: write a request, read its answer, know whether the answer is whole.

Interim answers (1xx) are swallowed. An answer without a length ends with the connection; one with a length or in chunks
that ends early is an error, never a short answer. What arrives unasked breaks the connection.
"""

import asyncio
import time
from collections import defaultdict
from typing import Any, NamedTuple, Protocol

import httptools

from gateway.transport_flow import Flow

_BUFFER_MAX_BYTES = 256 * 1024
_HEAD_MAX_BYTES = 128 * 1024
_NO_BODY = frozenset((204, 304))


class UpstreamFailed(Exception):
    """The upstream gave no usable answer; `slug` is the problem type, `reason` is for our own log."""

    def __init__(self, slug: str, reason: str = "") -> None:
        super().__init__(slug)
        self.slug = slug
        self.reason = reason


class UpstreamHead(NamedTuple):
    """Status and header fields as sent; `length` is None where the body's size is not known beforehand.

    `values` has lower-case names; those of a repeated name are one list (RFC 9110, section 5.2).
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    length: int | None
    values: dict[bytes, bytes]


class AnswerMemory:
    """The last whole answer that came in one piece: one whose head is the same, byte for byte, need not be parsed.

    `made` is what its user made of the head; nothing (None) was made of it yet when another head has come.
    """

    __slots__ = ("answer", "head", "made", "size_bytes")

    def __init__(self) -> None:
        self.head = b""
        self.size_bytes = -1
        self.answer: UpstreamHead | None = None
        self.made: Any = None

    def keep(self, answer: UpstreamHead, data: bytes) -> None:
        """`data` is a whole answer, and perhaps more, in which case it is not kept."""
        head_bytes = data.find(b"\r\n\r\n") + 4
        if answer.length == len(data) - head_bytes:
            self.answer, self.head, self.size_bytes, self.made = answer, data[:head_bytes], len(data), None

    def knows(self, data: bytes) -> bool:
        """Whether these are a head that was read before and all of its body."""
        return len(data) == self.size_bytes and data.startswith(self.head)


class Listener(Protocol):
    """Who is told of news of a call instead of awaiting it."""

    def upstream_changed(self) -> None:
        """More has arrived, or the call has failed."""


class Waits(NamedTuple):
    """How long an upstream may take."""

    first_byte_seconds: float
    idle_seconds: float
    total_seconds: float


class UpstreamConnection(asyncio.Protocol):
    """Serves one call at a time. `is_reusable` is true between two calls of a healthy connection."""

    def __init__(self, waits: Waits) -> None:
        self._waits = waits
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[None] | None = None
        self._listener: Listener | None = None
        self._memory: AnswerMemory | None = None
        self._error: UpstreamFailed | None = None
        self._closed = False
        self._asked = self._bodyless = False
        self.flow = Flow()
        self.deadline = self._total_deadline = 0.0
        self.idle_since = 0.0
        self._reset()

    def _reset(self) -> None:
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._head: UpstreamHead | None = None
        self._framed = False
        self._chunks: list[bytes] = []
        self._buffered = 0
        self._paused = False
        self._has_parsed = False
        self._keep_alive = False
        self.complete = False

    # One call.

    def begin(
        self,
        request: bytes,
        *,
        bodyless: bool,
        memory: AnswerMemory | None = None,
        listener: Listener | None = None,
    ) -> None:
        """Send a request's first bytes; `bodyless`: the answer to HEAD. The caller has seen that `is_reusable`."""
        self._reset()
        self._asked, self._bodyless = True, bodyless
        self._memory, self._listener = None if bodyless else memory, listener
        now = time.monotonic()
        self.deadline, self._total_deadline = now + self._waits.first_byte_seconds, now + self._waits.total_seconds
        self.flow.write(request)

    def let_go(self) -> None:
        """Nobody listens any more; the rest is awaited."""
        self._listener = None

    @property
    def known_head(self) -> UpstreamHead | None:
        """The head, if it has arrived. Raises UpstreamFailed."""
        if self._error is not None and not self.complete:
            raise self._error
        return self._head

    async def head(self) -> UpstreamHead:
        """Raises UpstreamFailed."""
        while self._head is None:
            await self._wait()
        return self._head

    async def read(self) -> bytes:
        """What has arrived of the body; empty at its end. Raises UpstreamFailed."""
        while not self._chunks and not self.complete:
            await self._wait()
        return self.take()

    def take(self) -> bytes:
        """What has arrived of the body already; may be empty. Raises UpstreamFailed."""
        if not self._chunks:
            if self._error is not None and not self.complete:
                raise self._error
            return b""
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._buffered = 0
        if self._paused:
            self._paused = False
            self.flow.resume_reading()
        return body

    def touch(self) -> None:
        """More of the request was sent: its answer may take its time from now on."""
        self.deadline = min(time.monotonic() + self._waits.first_byte_seconds, self._total_deadline)

    def give_up(self) -> None:
        """The request cannot be finished."""
        self._fail("upstream-invalid")

    async def _wait(self) -> None:
        if self._error is not None:
            raise self._error
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    @property
    def is_reusable(self) -> bool:
        """Whether another request may be written."""
        return not self._closed and self._error is None and ((self.complete and self._keep_alive) or not self._asked)

    def finish(self) -> None:
        """The caller has what it wanted; from here on anything that arrives is unasked."""
        self.idle_since = time.monotonic()
        self._asked = False
        self.deadline = 0.0

    def abort(self) -> None:
        """Close at once."""
        self._closed = True
        self.deadline = 0.0
        self.flow.abort()

    def expire(self) -> None:
        """The deadline has passed."""
        self._fail("upstream-timeout", "no answer" if self._head is None else "answer stalled")

    def _fail(self, slug: str, reason: str = "") -> None:
        if self._error is None:
            self._error = UpstreamFailed(slug, reason)
        self.abort()
        self._wake()

    def _wake(self) -> None:
        if self._listener is not None:
            self._listener.upstream_changed()
            return
        if self._waiter is not None and not self._waiter.done():
            if self._error is not None and not self.complete:
                self._waiter.set_exception(self._error)
            else:
                self._waiter.set_result(None)

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.flow.attach(transport)

    def data_received(self, data: bytes) -> None:
        if not self._asked or self.complete:
            self.abort()
            return
        memory = self._memory if not self._has_parsed else None
        if memory is not None and memory.knows(data):
            self._head = memory.answer
            self._chunks.append(data[len(memory.head) :])
            self.complete = self._keep_alive = True
            self._wake()
            return
        self.deadline = min(time.monotonic() + self._waits.idle_seconds, self._total_deadline)
        self._has_parsed = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail("upstream-invalid")
        if memory is not None and self.complete and self._keep_alive and self._head is not None:
            memory.keep(self._head, data)
        if self._buffered > _BUFFER_MAX_BYTES and not self.complete:
            self._paused = True
            self.flow.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """From here on nobody may be handed this connection, also while the loop has not called connection_lost yet."""
        self._closed = True
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._closed = True
        self.flow.detach()
        if self._asked and not self.complete:
            if self._head is not None and not self._framed and error is None and self._error is None:
                self.complete = True
            else:
                self._error = self._error or UpstreamFailed("upstream-invalid")
        self._wake()

    def pause_writing(self) -> None:
        self.flow.pause_writing()

    def resume_writing(self) -> None:
        self.flow.resume_writing()

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head is None:
            self._head_bytes += len(name) + len(value)
            if self._head_bytes > _HEAD_MAX_BYTES:
                raise ValueError("head too large")
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            self._headers = []
            if status == 101:
                raise ValueError("nobody asked for an upgrade")
            return
        values = _values(self._headers)
        length = self._framing(values)
        self._keep_alive = self._parser.should_keep_alive()
        self._head = UpstreamHead(status, self._headers, length, values)
        if self._bodyless or status in _NO_BODY:
            self.complete = True
            self._parser = httptools.HttpResponseParser(self)

    def _framing(self, values: dict[bytes, bytes]) -> int | None:
        """The body's length if it is known. Raises ValueError where the framing is ambiguous."""
        length, coding = values.get(b"content-length"), values.get(b"transfer-encoding")
        if coding is not None and (length is not None or coding.lower() != b"chunked"):
            raise ValueError("ambiguous framing")
        self._framed = length is not None or coding is not None
        return int(length) if length is not None else None

    def on_body(self, body: bytes) -> None:
        if not self.complete:
            self._chunks.append(body)
            self._buffered += len(body)

    def on_message_complete(self) -> None:
        if self._head is not None:
            self.complete = True

    def on_message_begin(self) -> None:
        if self.complete:
            self._keep_alive = False
            raise ValueError("an answer that nobody asked for")


def _values(headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    values = {name.lower(): value for name, value in headers}
    if len(values) == len(headers):
        return values
    parts: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for name, value in headers:
        parts[name.lower()].append(value)
    return {name: b", ".join(repeated) for name, repeated in parts.items()}
