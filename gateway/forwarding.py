"""Step 9: send a call to its upstream, its body as fast as the upstream takes it."""

import asyncio
import contextlib

from gateway.call import Call
from gateway.forward import chunk, forwarded_block, framing_line, last_chunk
from gateway.inbound import ClientConnection
from gateway.pool import Pool
from gateway.refusal import Refused
from gateway.responding import Responding
from gateway.routes import Route
from gateway.upstream import UpstreamConnection, UpstreamFailed


class Forwarding:
    """One per worker."""

    def __init__(self, pool: Pool, responding: Responding) -> None:
        self._pool = pool
        self._responding = responding

    async def run(self, call: Call, route: Route, client: ClientConnection, assertion: bytes) -> None:
        """Forward and answer. Raises UpstreamFailed, Withheld, and Refused."""
        call.forward()
        upstream = self._pool.acquire_idle(route.upstream) or await self._pool.acquire(route.upstream)
        sending: asyncio.Task[None] | None = None
        try:
            sending = _send(call, route, client, upstream, assertion)
            await self._responding.answer(call, route, client, upstream)
        except UpstreamFailed:
            _raise_clients_fault(sending)
            raise
        finally:
            if sending is not None:
                await _stop(sending, client, upstream)
            self._pool.release(route.upstream, upstream)

    async def answer(self, call: Call, route: Route, client: ClientConnection, upstream: UpstreamConnection) -> None:
        """The second half, of a request that was sent whole. Raises UpstreamFailed and Withheld."""
        try:
            await self._responding.answer(call, route, client, upstream)
        finally:
            self._pool.release(route.upstream, upstream)


def _send(
    call: Call, route: Route, client: ClientConnection, upstream: UpstreamConnection, assertion: bytes
) -> "asyncio.Task[None] | None":
    """Send the head and what has arrived of the body in one write; a task sends the rest."""
    assert call.fields is not None
    body = client.take_body()
    if call.fields.chunked:
        body = (chunk(body) if body else b"") + (last_chunk() if client.body_is_complete else b"")
    bodyless = call.method == b"HEAD"
    upstream.begin(request_head(call, route, assertion) + body, bodyless=bodyless, memory=route.memory)
    if client.body_is_complete:
        return None
    return asyncio.get_running_loop().create_task(_send_rest(client, upstream, chunked=call.fields.chunked))


def request_head(call: Call, route: Route, assertion: bytes) -> bytes:
    """The head as the upstream gets it; `assertion` is a header line."""
    fields, target = call.fields, call.target
    assert fields is not None
    rest = target.path.split("/", 3)[3:]
    path = b"%b/%b%b" % (route.upstream.base, rest[0].encode() if rest else b"", target.query)
    own = b"X-Request-Id: %b\r\nX-Forwarded-For: %b\r\nX-Forwarded-Proto: %b\r\n" % (
        call.shown_id.encode(),
        call.address.encode(),
        call.scheme,
    )
    passed = forwarded_block(fields, masked=route.masker is not None)
    return b"%b %b HTTP/1.1\r\n%b%b%b%b%b\r\n" % (
        call.method,
        path,
        route.lines,
        assertion,
        own,
        framing_line(fields),
        passed,
    )


async def _send_rest(client: ClientConnection, upstream: UpstreamConnection, *, chunked: bool) -> None:
    """Raises Refused where the client does not keep its word; the upstream's answer is then void."""
    try:
        while data := await client.read_body():
            upstream.flow.write(chunk(data) if chunked else data)
            upstream.touch()
            await upstream.flow.drain()
        if chunked:
            upstream.flow.write(last_chunk())
    except Refused:
        upstream.give_up()
        raise


def _raise_clients_fault(sending: "asyncio.Task[None] | None") -> None:
    """Where the request could not be finished, say so rather than blame the upstream."""
    if sending is not None and sending.done() and (error := sending.exception()) is not None:
        raise error


async def _stop(sending: "asyncio.Task[None]", client: ClientConnection, upstream: UpstreamConnection) -> None:
    """An upstream that answered before it had the whole request cannot be used again."""
    if not sending.done():
        upstream.abort()
        sending.cancel()
    with contextlib.suppress(asyncio.CancelledError, Refused):
        await sending
    client.leave_body()
