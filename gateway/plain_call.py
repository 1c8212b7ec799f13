"""One plain call (gateway.plain): asks, is told the verdict, forwards, is told the answer, answers.

It owns the call until it has answered or has handed it over to the general path. Whenever something is not plain any
more it becomes an ordinary `Call`, which knows all that has happened.
"""

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from contract.calls import decode_row
from contract.request_ids import new_request_id
from gateway.answer import has_body, head, passed_headers
from gateway.call import Call
from gateway.inbound import ClientConnection
from gateway.masking_step import Label, label_of, mask_body, passed_when_masked
from gateway.metrics.counters import note_end
from gateway.path import Target
from gateway.permit import Permit
from gateway.records_cache import Unavailable
from gateway.routes import Route
from gateway.upstream import UpstreamConnection, UpstreamHead
from gateway.verdict import Verdict

if TYPE_CHECKING:
    from gateway.serving import Serving

_encode = msgspec.json.Encoder().encode
_ROW = (
    b'%b%d%b,"outcome":"answered","status":%d,"upstream_status":%d,"duration_us":%d,"upstream_us":%d,'
    b'"bytes_in":%d,"bytes_out":%d,"masked":%b}'
)
Steps = Callable[[Call, ClientConnection, Route], Awaitable[bool]]


class PlainTarget:
    """A request line without its version: `place` is `/<api>/<version>`, `rest` the path in it. `path` is all of it, as
    sent, which is canonical."""

    __slots__ = ("method", "path", "place", "query", "rest")

    def __init__(self, method: bytes, place: bytes, rest: bytes, query: bytes) -> None:
        self.method = method
        self.place = place
        self.rest = rest
        self.path = place + rest
        self.query = query


class PlainCall:
    """Told by the client's connection (`leave`), by admission (`take`, `give_up`) and by the upstream's connection
    (`upstream_changed`)."""

    __slots__ = (
        "_body",
        "_client",
        "_forwarded_ns",
        "_id",
        "_is_answered",
        "_is_closed",
        "_is_gone",
        "_parts",
        "_permit",
        "_received_ns",
        "_request",
        "_serving",
        "_started_ns",
        "_target",
        "_upstream",
        "_upstream_status",
        "_verdict",
        "call_id",
        "limits",
        "row_after",
        "row_before",
        "specs",
    )

    def __init__(
        self, serving: "Serving", client: ClientConnection, permit: Permit, target: PlainTarget, started_ns: int
    ) -> None:
        self._serving = serving
        self._parts = serving.parts
        self._client = client
        self._permit = permit
        self._target = target
        self._started_ns = started_ns
        self._forwarded_ns = self._received_ns = self._upstream_status = 0
        self._verdict: Verdict | None = None
        self._upstream: UpstreamConnection | None = None
        self._is_gone = self._is_answered = self._is_closed = False
        self.call_id = new_request_id()
        self._id = self.call_id.encode()

    # Admission.

    def begin(self, request: bytes, body: bytes, now_ms: int) -> None:
        """Ask for admission. `request` is head and body as they came."""
        permit = self._permit
        self._request, self._body = request, body
        self.row_before = permit.row_before + self._id + permit.row_between
        self.row_after = permit.row_until_path + self._target.path + permit.row_after
        self.limits = permit.route.limits
        self.specs = self.limits.specs(now_ms)
        self._serving.calls_under_way += 1
        self._parts.admission.ask(permit.slot, self)

    def take(self, verdict: Verdict) -> bool:
        """What the admission script said; whether the call still waited for it."""
        if self._is_gone:
            return False
        try:
            self._go_on(verdict)
        except Exception as error:
            self._fail(error)
        return True

    def give_up(self, error: Unavailable) -> None:
        """There was no answer."""
        if not self._is_gone:
            self._fail(error)

    def _go_on(self, verdict: Verdict) -> None:
        """What was decided on records that changed meanwhile is undone and decided anew, by the general path."""
        permit, at_ms = self._permit, verdict.at_ms
        holds = at_ms < permit.until_ms and self._parts.policy.holds(permit.grant, permit.restrictions)
        if holds and self._serving.is_ready_at(time.monotonic()):
            self._verdict = verdict
            if not verdict.admitted:
                raise self.limits.refusal(verdict.numbers)
            self._forward()
            return
        if verdict.admitted:
            self._parts.completion.undo(permit.slot, self.call_id, b"", self.limits.keys, self.specs)
        self._end()
        self._client.serve_again(self._request)

    # The upstream.

    def _forward(self) -> None:
        self._forwarded_ns = time.perf_counter_ns()
        permit, target = self._permit, self._target
        route = permit.route
        self._upstream = upstream = self._parts.pool.acquire_idle(route.upstream)
        if upstream is None:
            self._hand_over(self._serving.forward)
            return
        request = (
            *(permit.request_before, target.rest, target.query, permit.request_between),
            *(self._id, permit.request_after, self._body),
        )
        upstream.begin(b"".join(request), bodyless=False, memory=route.memory, listener=self)

    def upstream_changed(self) -> None:
        """An answer that is whole is sent; one that comes in pieces is for the general path."""
        upstream = self._upstream
        assert upstream is not None
        try:
            answer = upstream.known_head
            if answer is None:
                return
            if upstream.complete and has_body(self._target.method, answer.status):
                self._answer(answer, upstream.take())
            else:
                upstream.let_go()
                self._hand_over(partial(self._serving.answer, upstream=upstream))
        except Exception as error:
            self._fail(error)

    # The answer.

    def _answer(self, answer: UpstreamHead, body: bytes) -> None:
        permit, route = self._permit, self._permit.route
        self._received_ns, self._upstream_status = time.perf_counter_ns(), answer.status
        lines, label = self._read(answer)
        masked: tuple[str, ...] = ()
        if route.masker is not None:
            most = self._parts.masked_body_max_bytes
            body, masked = mask_body(route.masker, route.declared, label, body, most)
        assert self._verdict is not None
        parts = (
            *(lines, permit.own_before, self._id, permit.own_after),
            *(self.limits.lines(self._verdict.numbers), b"Content-Length: %d\r\n\r\n" % len(body), body),
        )
        self._client.flow.write(b"".join(parts))
        self._is_answered = True
        self._release()
        self._complete(answer.status, len(body), masked)
        self._serving.calls_under_way -= 1
        self._client.end_plain(stays=True)

    def _read(self, answer: UpstreamHead) -> tuple[bytes, Label]:
        """Status line and header lines that pass, and what masking asks; kept while the upstream's head is the same."""
        route = self._permit.route
        memory = route.memory
        if answer is memory.answer and memory.made is not None:
            made: tuple[bytes, Label] = memory.made
            return made
        if route.masker is not None:
            headers = passed_when_masked(answer)
        else:
            headers = passed_headers(answer.headers, answer.values.get(b"connection"))
        made = head(answer.status, headers, b"")[:-2], label_of(answer)
        if answer is memory.answer:
            memory.made = made
        return made

    def _complete(self, status: int, bytes_out: int, masked: tuple[str, ...]) -> None:
        """Record the end, as `CallRow` has it."""
        assert self._verdict is not None
        permit, now_ns = self._permit, time.perf_counter_ns()
        duration_us = (now_ns - self._started_ns) // 1000
        upstream_us = (self._received_ns - self._forwarded_ns) // 1000
        if permit.masked[0] is not masked:
            permit.masked = masked, _encode(masked)
        row = _ROW % (
            *(self.row_before, self._verdict.at_ms, self.row_after[:-1], status, status, duration_us, upstream_us),
            *(len(self._body), bytes_out, permit.masked[1]),
        )
        self._is_closed = True
        note_end(permit.series, "answered", duration_us, duration_us - upstream_us)
        self._parts.completion.complete(permit.slot, self.call_id, row, self.limits.held)

    # Ends.

    def leave(self) -> None:
        """The client has left."""
        self._is_gone = True
        call = self._as_call()
        self._release()
        self._end()
        self._serving.close(call, self._client, "aborted" if call.admitted else "refused", 499, "")

    def _release(self) -> None:
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            upstream.let_go()
            self._parts.pool.release(self._permit.route.upstream, upstream)

    def _end(self) -> None:
        self._serving.calls_under_way -= 1

    def _fail(self, error: Exception) -> None:
        """Refuse, or answer for whatever went wrong, as the general path does."""
        call = self._as_call()
        self._release()
        self._end()
        self._client.end_plain(stays=self._serving.fail(call, self._client, error))

    def _hand_over(self, steps: Steps) -> None:
        """Go on in a task; until that has begun, the call is still ours."""
        self._client.run(partial(self._go_on_generally, steps))

    async def _go_on_generally(self, steps: Steps) -> bool:
        call = self._as_call()
        self._client.let_plain_go()
        self._end()
        return await self._serving.finish(call, self._client, steps(call, self._client, self._permit.route))

    def _as_call(self) -> Call:
        """An ordinary call that knows all that has happened."""
        permit, client, target = self._permit, self._client, self._target
        call = Call(self.call_id, client.address)
        call.started_ns, call.forwarded_ns = self._started_ns, self._forwarded_ns
        call.method, call.target = target.method, Target(target.path.decode(), target.query)
        call.fields, call.grant, call.slot = permit.fields, permit.grant, permit.slot
        self._serving.find_origin(call, client)
        call.own = permit.own_before + self._id + permit.own_after
        call.row = decode_row(b"%b0%b" % (self.row_before, self.row_after))
        call.answered, call.is_closed = self._is_answered, self._is_closed
        client.give_back_body(permit.fields, self._body)
        if self._verdict is not None:
            call.take_verdict(self._verdict, self.limits)
        if self._upstream is not None:
            client.take_body()
            call.row.upstream_status = self._upstream_status
            call.row.upstream_us = max(self._received_ns - self._forwarded_ns, 0) // 1000
        return call
