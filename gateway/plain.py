"""Plain calls: nothing about them needs waiting for but Valkey's verdict and the upstream's answer.

A plain call's head and body have arrived whole, its header block is the connection's last one, all records are in
memory and its answer comes whole. It is served by callbacks, without a task. Whatever else it turns out to need goes
on on the general path (gateway.serving), at the place that was reached; both share every function that decides.
"""

import re
import time
from typing import TYPE_CHECKING

from gateway.call import Call, shown_path
from gateway.cors import ORIGIN
from gateway.credentials import Presented, refuse_key_in_query
from gateway.grants import router
from gateway.inbound import ClientConnection
from gateway.path import Target
from gateway.permit import SAMPLE_ID, Permit
from gateway.plain_call import PlainCall, PlainTarget
from gateway.records_cache import Unavailable
from gateway.refusal import Refused
from gateway.routing import Router
from gateway.steps import DEBUG_FIELD
from gateway.strict import Fields

if TYPE_CHECKING:
    from gateway.serving import Serving

#: A line that needs no decoding and no second look: method, API and version, the path in the version, the query.
_SEGMENT = rb"/[0-9A-Za-z\-_~!$&'()*+,=:@][0-9A-Za-z\-_~!$&'()*+,=:@.]*+"
_LINE = re.compile(
    rb"(?!HEAD )([A-Z]{1,20}) (/[0-9A-Za-z_~\-][0-9A-Za-z._~\-]{0,63}/[0-9A-Za-z_~\-][0-9A-Za-z._~\-]{0,63})"
    rb"((?:%b)++/?|/)(\?[!\"$-\x3b=?-~]*+)? HTTP/1\.1\r\n" % _SEGMENT
)
_SPECIAL = frozenset({ORIGIN, DEBUG_FIELD, b"upgrade", b"expect", b"transfer-encoding"})
_BODY_MAX_BYTES = 65_536
#: For one connection: request lines and permits that are remembered.
_LINES_MAX = 8
_PERMITS_MAX = 16
#: How long it is believed that calls of a kind are not plain.
_NOT_PLAIN_MS = 1000


Chosen = tuple[Permit, PlainTarget]


class Known:
    """What is remembered with a connection's last header block."""

    __slots__ = ("chosen", "content_length", "fields", "is_plain", "permits", "presented", "routers")

    def __init__(self, fields: Fields, presented: Presented, *, is_direct: bool) -> None:
        """`is_direct`: address and scheme are the connection's own, and good enough."""
        self.fields = fields
        self.presented = presented
        self.content_length = fields.content_length
        self.is_plain = (
            is_direct
            and presented.digest != ""
            and _SPECIAL.isdisjoint(fields.by_name)
            and fields.by_name.get(b"connection", b"keep-alive").lower() == b"keep-alive"
            and fields.content_length <= _BODY_MAX_BYTES
        )
        self.chosen: dict[bytes, Chosen] = {}
        self.routers: dict[bytes, Router] = {}
        self.permits: dict[tuple[bytes, bytes, str | None], Permit] = {}


class PlainCalls:
    """Starts plain calls. One per worker."""

    def __init__(self, serving: "Serving") -> None:
        self._serving = serving
        self._parts = serving.parts

    def start(self, client: ClientConnection, buffer: bytes) -> bool:
        """Begin the plain call that stands at the buffer's beginning; whether there is one."""
        known = client.notes
        if not isinstance(known, Known) or not known.is_plain or client.flow.is_clogged:
            return False
        block_at = buffer.find(b"\r\n") + 2
        body_at = block_at + len(client.block)
        end = body_at + known.content_length
        if len(buffer) < end or not buffer.startswith(client.block, block_at):
            return False
        if block_at > self._parts.target_max_bytes or body_at > client.head_max_bytes:
            return False
        started_ns, now = time.perf_counter_ns(), time.monotonic()
        now_ms = self._parts.clock.at_ms(now)
        chosen = self._choose(client, known, buffer[:block_at], now_ms) if self._serving.is_ready_at(now) else None
        if chosen is None:
            return False
        call = PlainCall(self._serving, client, *chosen, started_ns)
        client.take_plain(call, end)
        call.begin(buffer[:end], buffer[body_at:end], now_ms)
        return True

    def _choose(self, client: ClientConnection, known: Known, line: bytes, now_ms: int) -> Chosen | None:
        """The permit for a request line, and what it asks for; the last few are remembered."""
        chosen = known.chosen.get(line)
        if chosen is None:
            target = _read_line(line)
            permit = self._permit(client, known, target, now_ms) if target is not None else None
            if target is None or permit is None or not _is_plain_query(target.query, permit):
                return None
            if len(known.chosen) >= _LINES_MAX:
                known.chosen.clear()
            known.chosen[line] = chosen = permit, target
        elif not self._holds(chosen[0], now_ms):
            del known.chosen[line]
            return self._choose(client, known, line, now_ms)
        return chosen if chosen[0].is_plain else None

    def _holds(self, permit: Permit, now_ms: int) -> bool:
        return now_ms < permit.until_ms and self._parts.policy.holds(permit.grant, permit.restrictions)

    def _permit(self, client: ClientConnection, known: Known, target: PlainTarget, now_ms: int) -> Permit | None:
        known_router = known.routers.get(target.place)
        if known_router is not None:
            match = known_router.match(target.method.decode(), target.rest.decode())
            operation = match.operation if match is not None else ""
            permit = known.permits.get((target.method, target.place, operation))
            if permit is not None and self._holds(permit, now_ms):
                return permit
        return self._new_permit(client, known, target, now_ms)

    def _new_permit(self, client: ClientConnection, known: Known, target: PlainTarget, now_ms: int) -> Permit | None:
        """Decides as the general path does; None where that has to read something first, or refuses."""
        call = self._sample(client, known, target)
        try:
            decided = self._parts.policy.decide_known(call, known.presented)
        except (Refused, Unavailable):
            return None
        if decided is None:
            return None
        grant, route = decided
        until_ms = self._parts.policy.holds_until_ms(call, grant, route)
        permit = Permit(grant, route, call.selected_from, now_ms + _NOT_PLAIN_MS)
        if until_ms > now_ms and route.check is None:
            assertion, kept_until_ms = self._parts.policy.assertion(grant)
            permit.permit(call, known.fields, assertion, self._parts.counters.series(*call.names()))
            permit.until_ms = min(until_ms, kept_until_ms)
        if len(known.permits) >= _PERMITS_MAX:
            known.permits.clear()
            known.routers.clear()
        known.routers[target.place] = router(grant.version_cell)
        known.permits[target.method, target.place, route.operation.id if route.operation is not None else ""] = permit
        return permit

    def _sample(self, client: ClientConnection, known: Known, target: PlainTarget) -> Call:
        call = Call(SAMPLE_ID, client.address)
        call.method, call.fields, call.target = target.method, known.fields, Target(target.path.decode(), b"")
        self._serving.find_origin(call, client)
        call.begin_own()
        return call


def _read_line(line: bytes) -> PlainTarget | None:
    """A plain request line, whose path is logged as it is."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    method, place, rest, query = match.groups()
    target = PlainTarget(method, place, rest, query or b"")
    path = target.path.decode()
    return target if shown_path(path) == path else None


def _is_plain_query(query: bytes, permit: Permit) -> bool:
    if not query:
        return True
    try:
        refuse_key_in_query(query)
    except Refused:
        return False
    return not permit.is_plain or not permit.route.refused_parameters
