"""Step 10: send the upstream's answer to the client, masked whole or streamed as it comes."""

from contract.masking.withheld import Withheld
from gateway.answer import Pairs, has_body, head, passed_headers
from gateway.call import Call
from gateway.forward import chunk, last_chunk
from gateway.inbound import ClientConnection
from gateway.masking_step import mask_answer, passed_when_masked
from gateway.routes import Route
from gateway.steps import MASK
from gateway.upstream import UpstreamConnection, UpstreamHead


class Responding:
    """One per worker."""

    def __init__(self, *, masked_body_max_bytes: int) -> None:
        self._masked_body_max_bytes = masked_body_max_bytes

    async def answer(self, call: Call, route: Route, client: ClientConnection, upstream: UpstreamConnection) -> None:
        """Raises UpstreamFailed and Withheld; `call.answered` says whether a head was sent before."""
        answer = await upstream.head()
        assert call.row is not None
        call.row.upstream_status = answer.status
        call.receive()
        if route.masker is not None:
            await self._masked(call, route, client, upstream, answer)
        elif upstream.complete:
            headers = passed_headers(answer.headers, answer.values.get(b"connection"))
            _write_whole(call, client, answer, headers, upstream.take())
        else:
            await _stream(call, client, upstream, answer)

    async def _masked(
        self, call: Call, route: Route, client: ClientConnection, upstream: UpstreamConnection, answer: UpstreamHead
    ) -> None:
        assert route.masker is not None
        assert call.row is not None
        if call.method == b"HEAD":
            _write_whole(call, client, answer._replace(length=None), passed_when_masked(answer), b"")
            return
        body = upstream.take() if upstream.complete else await self._whole(upstream, answer)
        call.receive()
        masked = mask_answer(route.masker, answer, body, max_bytes=self._masked_body_max_bytes, declared=route.declared)
        call.row.masked = masked.fields
        if call.steps is not None:
            call.steps.end(MASK)
        _write_whole(call, client, answer, masked.headers, masked.body)

    async def _whole(self, upstream: UpstreamConnection, answer: UpstreamHead) -> bytes:
        """All of a body, within the limit. Raises Withheld("too-large")."""
        if answer.length is not None and answer.length > self._masked_body_max_bytes:
            raise Withheld("too-large")
        parts, size = [], 0
        while part := await upstream.read():
            size += len(part)
            if size > self._masked_body_max_bytes:
                raise Withheld("too-large")
            parts.append(part)
        return b"".join(parts)


def _write_whole(call: Call, client: ClientConnection, answer: UpstreamHead, headers: Pairs, body: bytes) -> None:
    """Head and body in one write. An answer to HEAD keeps the length that GET would have."""
    own = call.own + call.timing()
    if has_body(call.method, answer.status):
        own += b"Content-Length: %d\r\n" % len(body)
    elif call.method == b"HEAD" and answer.length is not None:
        own += b"Content-Length: %d\r\n" % answer.length
    _write(call, client, head(answer.status, headers, own) + body, len(body))


def _write(call: Call, client: ClientConnection, data: bytes, body_bytes: int) -> None:
    assert call.row is not None
    client.flow.write(data)
    if not call.answered:
        call.begin_answer()
    call.row.bytes_out += body_bytes


async def _stream(call: Call, client: ClientConnection, upstream: UpstreamConnection, answer: UpstreamHead) -> None:
    """Pass the body on as it comes, no faster than the client reads it."""
    in_chunks = answer.length is None
    own = b"Transfer-Encoding: chunked\r\n" if in_chunks else b"Content-Length: %d\r\n" % (answer.length or 0)
    first = upstream.take()
    start = head(
        answer.status, passed_headers(answer.headers, answer.values.get(b"connection")), call.own + call.timing() + own
    )
    _write(call, client, start + (chunk(first) if in_chunks and first else first), len(first))
    await client.drain()
    while part := await upstream.read():
        _write(call, client, chunk(part) if in_chunks else part, len(part))
        await client.drain()
    if in_chunks:
        client.flow.write(last_chunk())
