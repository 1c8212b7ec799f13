"""Serve one request: policy, admission, forwarding, and one record of how it ended, whatever happened."""

import asyncio
import time
from collections.abc import Awaitable
from email.utils import formatdate

from contract.calls import Outcome, encode_row
from contract.masking.withheld import Withheld
from contract.problems import PROBLEMS
from contract.request_ids import new_request_id
from gateway.address import client_address, client_request_id, is_within
from gateway.answer import problem_answer
from gateway.call import Call
from gateway.challenges import challenges
from gateway.cors import ORIGIN, is_preflight, may_read, preflight_answer
from gateway.credentials import Presented, find_credential, refuse_key_in_query
from gateway.grants import Grant
from gateway.health import health_answer
from gateway.inbound import ClientConnection
from gateway.parts import Parts
from gateway.path import read_target
from gateway.plain import Known, PlainCalls
from gateway.policy import path_parts
from gateway.records_cache import Unavailable
from gateway.refusal import Refused
from gateway.resource_metadata import PREFIX as METADATA
from gateway.resource_metadata import metadata_answer
from gateway.routes import Route
from gateway.steps import ADMIT, DEBUG_FIELD, PARSE, POLICY, VALIDATE, Steps
from gateway.strict import Fields, read_request_line
from gateway.upstream import UpstreamConnection, UpstreamFailed
from gateway.validation.step import RequestCheck

_ADMISSIONS_MAX = 3
#: So much of a body, or all of it, is awaited before a connection to the upstream is taken: clients that send a byte
#: now and then hold none of these, of which there are few.
_GATHERED_BYTES = 16_384
#: RFC 6797. The portal says as much of its own host.
_HSTS = b"Strict-Transport-Security: max-age=31536000\r\n"
_OWN_PATHS = (b"/healthz", b"/readyz", METADATA)
_RETRY_SOON = ((b"Retry-After", b"1"),)


class Serving:
    """`start_plain` and `serve` are what client connections call."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.calls_under_way = 0
        #: Begins to serve by callbacks what stands at a buffer's beginning, if it is a plain call.
        self.start_plain = PlainCalls(self).start

    async def serve(self, client: ClientConnection, head: bytes | Refused) -> bool:
        """Answer one request; whether the connection may stay open."""
        call = Call(new_request_id(), client.address)
        return await self.finish(call, client, self._serve(call, client, head))

    async def finish(self, call: Call, client: ClientConnection, steps: Awaitable[bool]) -> bool:
        """Take the steps that a call still has to take; whether the connection may stay open."""
        self.calls_under_way += 1
        try:
            return await steps
        except asyncio.CancelledError:
            self.close(call, client, "aborted" if call.admitted else "refused", 499, "")
            raise
        except Exception as error:
            return self.fail(call, client, error)
        finally:
            self.calls_under_way -= 1

    def fail(self, call: Call, client: ClientConnection, error: Exception) -> bool:
        """Answer and record what went wrong; whether the connection may stay open."""
        if isinstance(error, Refused):
            return self._refuse(call, client, error, "aborted" if call.admitted else "refused")
        if isinstance(error, Unavailable):
            return self._refuse(call, client, Refused("unavailable", headers=_RETRY_SOON), "refused")
        if isinstance(error, UpstreamFailed):
            return self._refuse(call, client, Refused(error.slug, reason=error.reason), "failed")
        if isinstance(error, Withheld):
            if error.reason == "internal" and isinstance(error.__cause__, Exception):
                self.parts.log.error("masking failed inside", call.request_id, error.__cause__)
            return self._refuse(call, client, Refused("response-withheld", reason=error.reason), "withheld")
        self.parts.log.error("call failed inside", call.request_id, error)
        return self._refuse(call, client, Refused("internal", closes=True), "failed")

    async def _serve(self, call: Call, client: ClientConnection, head: bytes | Refused) -> bool:
        if isinstance(head, Refused):
            raise head
        line = read_request_line(head, self.parts.target_max_bytes)
        call.method = line.method
        call.fields = fields = client.fields(head[line.fields_at :])
        self.find_origin(call, client)
        call.closes = client.is_ending or not fields.keep_alive
        call.begin_own()
        if line.target.startswith(_OWN_PATHS) and self._answer_ourselves(call, client, line.target):
            return fields.keep_alive
        if self.parts.require_tls and call.scheme != b"https":
            raise Refused("tls-required", closes=True)
        call.target = read_target(line.target)
        if ORIGIN in fields.by_name and await self._meet_page(call, client, fields):
            return fields.keep_alive
        presented = self._presented(client, fields)
        if fields.by_name.get(DEBUG_FIELD) == b"1":
            call.steps = Steps(call.started_ns)
            call.steps.end(PARSE)
        refuse_key_in_query(call.target.query)
        if not self.is_ready():
            raise Unavailable
        return await self.forward(call, client, await self._admit(call, client, presented))

    def _answer_ourselves(self, call: Call, client: ClientConnection, target: bytes) -> bool:
        """What is asked of the gateway itself; whether it was."""
        if target in (b"/healthz", b"/readyz"):
            client.flow.write(health_answer(target, self.is_ready(), call.own))
            return True
        if target.startswith(METADATA):
            bases = (self.parts.gateway_base, self.parts.portal_base)
            client.flow.write(metadata_answer(call.method, target, bases=bases, own=call.own))
            return True
        return False

    async def _meet_page(self, call: Call, client: ClientConnection, fields: Fields) -> bool:
        """A web page asks; whether it asked for leave only, which is answered. Raises Unavailable."""
        if not self.is_ready():
            raise Unavailable
        of_api = await self.parts.origins.of(path_parts(call.target.path)[0], call.address)
        if is_preflight(call.method, fields):
            self.parts.counters.preflight(is_let_in=may_read(fields.by_name[ORIGIN], of_api))
            client.flow.write(preflight_answer(fields, of_api, call.own))
            return True
        call.allow_origin(of_api)
        return False

    def is_ready(self) -> bool:
        """Whether calls can be admitted right now."""
        return self.is_ready_at(time.monotonic())

    def is_ready_at(self, now: float) -> bool:
        """The same at a moment of time.monotonic()."""
        parts = self.parts
        return parts.link.up.is_set() and parts.feed.is_trusted(now)

    def find_origin(self, call: Call, client: ClientConnection) -> None:
        """Address, scheme and id: the connection's own, or what a trusted proxy says."""
        proxies, fields = self.parts.proxies, call.fields
        assert fields is not None
        call.scheme = client.scheme
        if proxies and is_within(client.address, proxies):
            # Repeated fields are one list (RFC 9110, section 5.2).
            values = [value for name, value in fields.pairs if name.lower() == b"x-forwarded-for"]
            call.address = client_address(client.address, b",".join(values), proxies)
            scheme = fields.by_name.get(b"x-forwarded-proto", call.scheme)
            call.scheme = b"https" if scheme.lower() == b"https" else b"http"
            call.client_request_id = client_request_id(fields.by_name.get(b"x-request-id", b""))
        if self.parts.require_tls and call.scheme == b"https":
            call.always = _HSTS

    def _presented(self, client: ClientConnection, fields: Fields) -> Presented:
        """The credential; remembered with the header block, because digests cost."""
        if not isinstance(client.notes, Known):
            proxies = self.parts.proxies
            is_direct = not (proxies and is_within(client.address, proxies))
            is_direct &= client.scheme == b"https" or not self.parts.require_tls
            presented = find_credential(fields.by_name, self.parts.pepper)
            client.notes = Known(fields, presented, is_direct=is_direct)
        return client.notes.presented

    async def _admit(self, call: Call, client: ClientConnection, presented: Presented) -> Route:
        """Decide and admit; what was decided on records that changed meanwhile is undone and decided anew."""
        for _ in range(_ADMISSIONS_MAX):
            grant, route = await self.parts.policy.decide(call, presented)
            if call.steps is not None:
                call.steps.end(POLICY)
            if route.check is not None:
                await self._validate(call, client, route.check)
            refusal = await self._ask(call, route)
            if call.steps is not None:
                call.steps.end(ADMIT)
            if self._holds(call, grant, route):
                if refusal is not None:
                    raise refusal
                if await self._gather(client) or self._holds(call, grant, route):
                    return route
            self._undo(call, route)
        raise Unavailable

    def _holds(self, call: Call, grant: Grant, route: Route) -> bool:
        """Whether what was decided is still so."""
        return self.parts.policy.is_current(call, grant, route) and self.is_ready()

    async def _gather(self, client: ClientConnection) -> bool:
        """Await enough of the body to be worth a connection to the upstream; whether nothing had to be awaited."""
        if client.body_is_complete:
            return True
        await client.gather_body(_GATHERED_BYTES)
        return False

    async def _validate(self, call: Call, client: ClientConnection, check: RequestCheck) -> None:
        await self.parts.validating.run(call, check, client)
        if call.steps is not None:
            call.steps.end(VALIDATE)

    async def _ask(self, call: Call, route: Route) -> Refused | None:
        """One admission: None, or 429. Raises Unavailable."""
        row, limits = call.row, route.limits
        assert row is not None
        decided_ms, row.at_ms = row.at_ms, 0
        asked = self.parts.admission.admit(call.slot, call.request_id, encode_row(row), limits)
        row.at_ms = decided_ms
        try:
            await asked
        finally:
            # Also where the caller left in the very turn in which the verdict came: what was admitted must be closed.
            if asked.done() and not asked.cancelled() and asked.exception() is None:
                call.take_verdict(asked.result(), limits)
        return None if call.admitted else limits.refusal(asked.result().numbers)

    def _undo(self, call: Call, route: Route) -> None:
        """Give back what was spent and start over."""
        if call.admitted:
            specs = route.limits.specs(call.row.at_ms if call.row else 0)
            self.parts.completion.undo(call.slot, call.request_id, b"", route.limits.keys, specs)
        call.begin_anew(new_request_id())

    async def forward(self, call: Call, client: ClientConnection, route: Route) -> bool:
        """All that follows admission."""
        assert call.grant is not None
        assertion, _ = self.parts.policy.assertion(call.grant)
        await self.parts.forwarding.run(call, route, client, assertion)
        return self._end(call, client)

    async def answer(self, call: Call, client: ClientConnection, route: Route, *, upstream: UpstreamConnection) -> bool:
        """All that follows once a whole request was sent to an upstream."""
        await self.parts.forwarding.answer(call, route, client, upstream)
        return self._end(call, client)

    def _end(self, call: Call, client: ClientConnection) -> bool:
        assert call.row is not None
        assert call.fields is not None
        self.close(call, client, "answered", call.row.upstream_status, "")
        return call.fields.keep_alive

    def _refuse(self, call: Call, client: ClientConnection, refusal: Refused, outcome: Outcome) -> bool:
        """Answer with a problem and record it; a head that was sent already can only be cut short."""
        status = PROBLEMS[refusal.slug].status
        if call.row is not None and outcome == "refused":
            call.row.restriction = refusal.extra.get("restriction", "")
        self.close(call, client, outcome, status, refusal.slug)
        self.parts.log.refusal(call, refusal, outcome)
        if call.answered:
            client.flow.abort()
            return False
        keeps = not refusal.closes and call.fields is not None and call.fields.keep_alive and client.body_is_at_hand()
        if not keeps and not call.closes:
            call.own += b"Connection: close\r\n"
        refusal.headers += challenges(refusal, call, self.parts.gateway_base)
        answer = problem_answer(
            refusal,
            request_id=call.shown_id,
            portal_base=self.parts.portal_base,
            own=call.own + call.timing() + b"Date: %b\r\n" % formatdate(usegmt=True).encode(),
            bodyless=call.method == b"HEAD",
        )
        client.flow.write(answer)
        return keeps

    def close(self, call: Call, client: ClientConnection, outcome: Outcome, status: int, problem: str) -> None:
        """Record the call's end: once, and as a row only where the caller is known."""
        if problem:
            self.parts.counters.problem(problem)
        if call.row is None:
            self.parts.strangers.count(call.address, problem or outcome)
            return
        if call.is_closed:
            return
        call.is_closed = True
        call.row.bytes_in = client.body_bytes
        row = call.closed_row(outcome, status=status, problem=problem)
        self.parts.counters.ended(*call.names(), outcome, call.row.duration_us, call.added_us)
        if call.admitted:
            self.parts.completion.complete(call.slot, call.request_id, row, call.held)
        else:
            self.parts.completion.note_refused(call.slot, row)
