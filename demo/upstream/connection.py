"""One client's connection: requests in, replies out in the same order.

Rules: nothing goes out before the journal has it; a reply waits in ``_out`` for the turn's end. Requests that came in
faster than their replies leave wait in ``_requests`` while reading is paused, so neither side grows without bound.
Framing that cannot be read, or is too large, is answered once and ends the connection; what the client still sends is
discarded, so that it can read the answer.
"""

import asyncio
import logging
from collections import deque
from typing import Any

import httptools

from demo.upstream.clock import Clock
from demo.upstream.journal import Entry
from demo.upstream.messages import (
    CONSUMER_HEADER,
    MAX_BODY_BYTES,
    MAX_FRAMED_BYTES,
    MAX_HEAD_BYTES,
    MAX_QUIET_SECONDS,
    MAX_WAITING_BYTES,
    READ_HEADERS,
    Request,
    head,
    head_too_large,
    text,
    too_large,
)
from demo.upstream.replies import Refusal, Reply, problem
from demo.upstream.routing import Router
from demo.upstream.turn import Turn

logger = logging.getLogger(__name__)


class Connection(asyncio.Protocol):
    def __init__(self, router: Router, turn: Turn, clock: Clock, connections: set["Connection"]) -> None:
        self._router = router
        self._turn = turn
        self._clock = clock
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._parser: Any = httptools.HttpRequestParser(self)
        self._requests: deque[Request] = deque()
        self._out: list[bytes] = []
        self._out_bytes = 0
        self._blocked = False
        self._ending = False
        self._draining = False
        self._refused = False
        self._peer_ended = False
        self._framed_bytes = 0
        self._quiet_since = self._loop.time()
        self._begin()

    def _begin(self) -> None:
        self._method: str | None = None
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []
        self._head_bytes = 0
        self._body_bytes = 0
        self._is_partial = False

    # What the transport calls.

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._connections.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._connections.discard(self)
        self._requests.clear()

    def data_received(self, data: bytes) -> None:
        if self._ending:
            return
        self._framed_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._ending = True
        except httptools.HttpParserError:
            self._refuse(Refusal(400, "bad-request", "The request cannot be read."))
        self._check_size()
        self._answer_waiting()

    def eof_received(self) -> bool:
        self._ending = self._peer_ended = True
        return bool(self._requests or self._out)

    def pause_writing(self) -> None:
        self._blocked = True

    def resume_writing(self) -> None:
        self._blocked = False
        self._answer_waiting()

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._begin()
        self._is_partial = True
        self._quiet_since = self._loop.time()

    def on_url(self, part: bytes) -> None:
        self._target += part
        self._head_bytes += len(part)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        name = name.lower()
        if name in READ_HEADERS and self._method is None:
            self._headers.setdefault(name, value)

    def on_headers_complete(self) -> None:
        self._method = self._parser.get_method().decode()
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(head_too_large())
        elif int(self._headers.get(b"content-length", b"0")) > MAX_BODY_BYTES:
            self._refuse(too_large())
        elif self._headers.get(b"expect", b"").lower() == b"100-continue" and not self._requests:
            self._queue(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, part: bytes) -> None:
        self._body_bytes += len(part)
        if self._body_bytes > MAX_BODY_BYTES:
            self._refuse(too_large())
        else:
            self._parts.append(part)

    def on_message_complete(self) -> None:
        if self._refused or self._ending:
            return
        keep_alive = (
            self._parser.should_keep_alive() and self._parser.get_http_version() == "1.1" and not self._draining
        )
        self._add_request(keep_alive and not self._parser.should_upgrade(), None)
        self._framed_bytes = 0
        self._is_partial = False
        self._quiet_since = self._loop.time()

    # Refusing and answering.

    def _check_size(self) -> None:
        if self._method is None and self._framed_bytes > MAX_HEAD_BYTES:
            self._refuse(head_too_large())
        elif self._framed_bytes > MAX_FRAMED_BYTES:
            self._refuse(too_large())

    def _refuse(self, refusal: Refusal) -> None:
        if not self._refused and not self._ending:
            self._refused = True
            self._parts.clear()
            self._add_request(False, refusal)

    def _add_request(self, keep_alive: bool, refusal: Refusal | None) -> None:
        target = None if self._method is None else self._target.decode("latin-1")
        body = b"".join(self._parts)
        self._requests.append(Request(self._method, target, self._headers, body, keep_alive, refusal))
        self._ending = self._ending or not keep_alive

    def _answer_waiting(self) -> None:
        while self._requests and not self._blocked and self._out_bytes < MAX_WAITING_BYTES:
            self._answer(self._requests.popleft())
        if self._requests:
            self._transport.pause_reading()
        elif not self._transport.is_closing():
            self._transport.resume_reading()

    def _answer(self, request: Request) -> None:
        reply = self._reply(request)
        self._turn.journal.add(
            Entry(
                self._clock.now(),
                request.method,
                request.target,
                text(request.headers.get(b"x-request-id")),
                text(request.headers.get(CONSUMER_HEADER)),
                reply.status,
            )
        )
        is_last = self._ending and not self._requests
        self._queue(head(reply, self._clock.http_date(), is_last), b"" if request.method == "HEAD" else reply.body)

    def _reply(self, request: Request) -> Reply:
        if request.refusal or request.method is None or request.target is None:
            return problem(request.refusal or Refusal(400, "bad-request", "The request cannot be read."))
        try:
            if request.headers.get(b"content-encoding", b"identity").lower() != b"identity":
                raise Refusal(415, "unsupported-media-type", "Send the body uncompressed.")
            content_type = request.headers.get(b"content-type", b"").decode("latin-1")
            return self._router.answer(request.method, request.target, content_type, request.body)
        except Refusal as refusal:
            return problem(refusal)
        except Exception:
            logger.exception("An operation failed.")
            return problem(Refusal(500, "internal", "The clinic's service failed."))

    # What goes out.

    def _queue(self, *parts: bytes) -> None:
        self._out += parts
        self._out_bytes += sum(map(len, parts))
        self._turn.add(self)

    def send(self) -> None:
        out, self._out, self._out_bytes = self._out, [], 0
        if self._transport.is_closing():
            return
        self._transport.write(b"".join(out))
        self._answer_waiting()
        if self._ending and not self._requests and not self._out:
            self._close()

    def _close(self) -> None:
        if self._refused and not self._peer_ended:
            self._transport.write_eof()
        else:
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def drain(self) -> None:
        """Ends the connection, after the requests that are under way."""
        self._draining = True
        self._ending = self._ending or not self._is_partial
        if self._ending and not (self._requests or self._out):
            self._transport.close()

    def end_if_quiet(self, now_seconds: float) -> None:
        """``now_seconds`` is the loop's time. A request that is not done by then counts as quiet, however it drips."""
        if now_seconds - self._quiet_since > MAX_QUIET_SECONDS:
            self._transport.abort()
