"""Plain calls are served by callbacks. Caller, upstream and log must see what they would see on the general path."""

import asyncio
import re
from collections.abc import Callable

import pytest

from contract.calls import CallRow
from contract.masking.rules import MaskRule
from contract.records import Api, Brownout, Limit, Mask
from gateway.verdict import Verdict
from tests.gateway.rig import Conversation, Rig, settle

BODY = b'{"id":1,"email":"ann@example.org","tags":["a","b"],"price":1.10}'
MASKS = (Mask(MaskRule("$.email", "partial", keep=3), parameters=("email",)), Mask(MaskRule("$.tags[*]", "remove")))
LIMITS = (Limit("minute", "rate", 100, period_seconds=60), Limit("month", "quota", 1000, window="month"))
GET = ("GET /clinic/v1/practitioners/7 HTTP/1.1",)
_MARKS = re.compile(
    rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|X-Portcullis-Identity: \S+|Date: [^\r]+"
)


class GeneralRig(Rig):
    """Serves no call by callbacks."""

    def __init__(self, **how: object) -> None:
        super().__init__(**how)  # type: ignore[arg-type]
        self.serving.start_plain = lambda client, buffer: False  # type: ignore[method-assign]


def answer(body: bytes = BODY, *lines: str, status: str = "200 OK") -> bytes:
    """An upstream's answer."""
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *lines]
    return "\r\n".join([*head, "", ""]).encode() + body


def request(key: str, *lines: str, body: bytes = b"") -> bytes:
    """One request; the first line is its request line."""
    first, *rest = lines
    return "\r\n".join([first, "Host: gateway.test", f"X-API-Key: {key}", *rest, "", ""]).encode() + body


def facts(row: CallRow) -> dict[str, object]:
    """A row without what differs from call to call."""
    return {name: getattr(row, name) for name in row.__struct_fields__ if name not in _VARIES}


_VARIES = {"request_id", "duration_us", "upstream_us"}


async def three_times(rig: Rig, *lines: str, body: bytes = b"") -> Conversation:
    """The same request on one connection; from the second one on it may be plain."""
    return await rig.converse(*[request(rig.key, *lines, body=body)] * 3)


async def both_ways(prepare: Callable[[Rig], None], *lines: str, body: bytes = b"", **how: object) -> int:
    """Compares the two paths; returns how many of three calls were plain."""
    plain, general = Rig(**how), GeneralRig(**how)  # type: ignore[arg-type]
    general.scene, general.key, general.memory.stored = plain.scene, plain.key, plain.memory.stored
    prepare(plain)
    general.upstream.answer = plain.upstream.answer
    asked = [await three_times(rig, *lines, body=body) for rig in (plain, general)]
    assert _MARKS.sub(b"", asked[0].answers) == _MARKS.sub(b"", asked[1].answers)
    assert _MARKS.sub(b"", asked[0].received) == _MARKS.sub(b"", asked[1].received)
    assert [facts(row) for row in plain.ledger.rows] == [facts(row) for row in general.ledger.rows]
    assert plain.counters.tally.problems == general.counters.tally.problems
    assert plain.log.crashes == general.log.crashes == []
    assert plain.serving.calls_under_way == 0
    ids = {row.request_id for row in plain.ledger.rows}
    assert len(ids) == len(plain.ledger.rows)
    return plain.ledger.told


def _nothing(rig: Rig) -> None:
    rig.upstream.answer = answer()


def _masks(rig: Rig) -> None:
    rig.scene.publish_plan(LIMITS, MASKS)
    rig.upstream.answer = answer(BODY, "ETag: x", "Date: Sun, 22 Nov 2026 10:00:00 GMT")


def _breaks_off(rig: Rig) -> None:
    _masks(rig)
    rig.upstream.answer = answer(b"{")


def _answers(data: bytes) -> Callable[[Rig], None]:
    def prepare(rig: Rig) -> None:
        rig.upstream.answer = data

    return prepare


def _is_open_to_pages(rig: Rig) -> None:
    rig.memory.publish("api", "clinic", Api("api1", "clinic", {"v1": "ver1"}, cors_origins=("*",)))


def _has_brownouts(rig: Rig) -> None:
    rig.scene.publish_version(brownouts=(Brownout(1, 2),))


def _is_deprecated(rig: Rig) -> None:
    rig.scene.publish_version(deprecated_at_ms=1, sunset_at_ms=2_000_000_000_000)


PLAIN = {
    "get": (_nothing, GET, b""),
    "masked": (_masks, GET, b""),
    "query": (_nothing, ("GET /clinic/v1/practitioners/7?full=1&x= HTTP/1.1",), b""),
    "kept alive": (_nothing, (*GET, "Connection: Keep-Alive", "User-Agent: x/1", "Traceparent: bad"), b""),
    "body": (_nothing, ("POST /clinic/v1/practitioners HTTP/1.1", "Content-Length: 4"), b"abcd"),
    "chunked answer": (
        lambda rig: setattr(
            rig.upstream, "answer", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        ),
        GET,
        b"",
    ),
    "not found": (_answers(answer(b"{}", status="404 Not Found")), GET, b""),
    "withheld": (_breaks_off, GET, b""),
    "cannot be read": (_answers(b"nonsense\r\n\r\n"), GET, b""),
    "no content": (_answers(b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n"), GET, b""),
    "pages": (_is_open_to_pages, GET, b""),
    "deprecated": (_is_deprecated, GET, b""),
}
GENERAL = {
    "head": (_nothing, ("HEAD /clinic/v1/practitioners/7 HTTP/1.1",), b""),
    "debug": (_nothing, (*GET, "X-Portcullis-Debug: 1"), b""),
    "escape": (_nothing, ("GET /clinic/v1/practitioners/%41 HTTP/1.1",), b""),
    "dot": (_nothing, ("GET /clinic/v1/practitioners/../7 HTTP/1.1",), b""),
    "refused parameter": (_masks, ("GET /clinic/v1/practitioners/7?email=a HTTP/1.1",), b""),
    "key in query": (_nothing, ("GET /clinic/v1/practitioners/7?api_key=a HTTP/1.1",), b""),
    "unknown": (_nothing, ("GET /clinic/v1/none HTTP/1.1",), b""),
    "wrong method": (_nothing, ("PUT /clinic/v1/practitioners/7 HTTP/1.1",), b""),
    "upgrade": (_nothing, (*GET, "Upgrade: websocket"), b""),
    "chunked": (
        _nothing,
        ("POST /clinic/v1/practitioners HTTP/1.1", "Transfer-Encoding: chunked"),
        b"1\r\na\r\n0\r\n\r\n",
    ),
    "brownouts": (_has_brownouts, GET, b""),
}


@pytest.mark.parametrize("case", PLAIN.values(), ids=PLAIN)
async def test_a_plain_call_is_like_any_other(case: tuple) -> None:
    prepare, lines, body = case
    assert await both_ways(prepare, *lines, body=body) > 0


@pytest.mark.parametrize("case", GENERAL.values(), ids=GENERAL)
async def test_what_is_special_is_not_plain(case: tuple) -> None:
    prepare, lines, body = case
    assert await both_ways(prepare, *lines, body=body) == 0


async def test_a_call_by_a_trusted_proxy_is_not_plain() -> None:
    assert await both_ways(_nothing, *GET, "X-Forwarded-For: 203.0.113.9", proxies=("192.0.2.0/24",)) == 0


async def test_plain_calls_that_come_at_once_or_in_pieces_are_answered_in_order() -> None:
    rig = Rig()
    rig.upstream.answer = answer()
    paths = [f"/clinic/v1/practitioners/{number}" for number in range(20)]
    whole = b"".join(request(rig.key, f"GET {path} HTTP/1.1") for path in paths)
    for pieces in ([whole], [whole[at : at + 7] for at in range(0, len(whole), 7)]):
        rig.ledger.rows.clear()
        result = await rig.converse(*pieces)
        assert result.statuses == [200] * 20
        assert [seen.target.decode() for seen in result.seen] == [path.replace("/clinic/v1", "/base") for path in paths]
        assert [row.path for row in rig.ledger.rows] == paths


async def test_a_record_that_changes_before_the_verdict_is_decided_anew() -> None:
    rig = Rig()
    await rig.ask(*GET, f"X-API-Key: {rig.key}")
    connection, transport = rig.connect()
    for _ in range(2):
        connection.data_received(request(rig.key, *GET))
        await settle(connection, transport)
    seen, rig.ledger.undone = len(rig.upstream.seen), 0
    connection.data_received(request(rig.key, *GET))
    rig.revoke(rig.key)
    await settle(connection, transport)
    assert bytes(transport.written).count(b"HTTP/1.1 200") == 2
    assert b"HTTP/1.1 401" in transport.written
    assert (len(rig.upstream.seen), rig.ledger.undone) == (seen, 1)
    transport.abort()


@pytest.mark.parametrize("spins", range(4))
async def test_a_caller_that_leaves_is_recorded_once_and_gives_back_what_nobody_used(spins: int) -> None:
    rig = Rig()
    connection, transport = rig.connect()
    for _ in range(2):
        connection.data_received(request(rig.key, *GET))
        await settle(connection, transport)
    rig.ledger.rows.clear()
    rig.ledger.is_silent = spins == 0
    connection.data_received(request(rig.key, *GET))
    for _ in range(spins):
        await asyncio.sleep(0)
    connection.connection_lost(None)
    for asked in rig.ledger.waiting:
        assert not asked.take(Verdict(True, 1, [])), "nobody waits, so that admission gives it back"
    await asyncio.sleep(0.01)
    (row,) = rig.ledger.rows
    assert row.outcome == ("refused" if spins == 0 else "aborted" if row.status == 499 else "answered")
    assert rig.serving.calls_under_way == 0
