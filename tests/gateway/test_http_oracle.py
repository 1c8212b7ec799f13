"""Two readers must agree: what h11 and the gateway do not both read as the same request never reaches an upstream.

Requests of a corpus, and thousands made from them by damage, arrive in pieces of any size. `PROVE=1` runs 100,000.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from urllib.parse import unquote_to_bytes

import h11
import pytest

from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.rig import Conversation, Reader, Rig, Seen
from tests.gateway.upstream_server import UpstreamServer
from tests.gateway.valkey_process import ValkeyProcess

Note = Callable[[str, object], None]
CASES = 100_000 if os.environ.get("PROVE") == "1" else 2_000
SOCKETS = 2_000 if CASES > 2_000 else 150
SEED = int(os.environ.get("ORACLE_SEED") or random.SystemRandom().randrange(1 << 32))
HEAD = b"%s /clinic/v1/practitioners%s HTTP/1.1\r\nHost: gateway.test\r\nX-API-Key: KEY\r\n"
GET = HEAD % (b"GET", b"")
POST = HEAD % (b"POST", b"")

VALID = [
    GET + b"\r\n",
    b"\r\n" + GET + b"\r\n",
    HEAD % (b"HEAD", b"") + b"\r\n",
    HEAD % (b"GET", b"/7?a=b&c=%20d&e=/?:@!$'()*,;") + b"\r\n",
    HEAD % (b"GET", b"/caf%C3%A9") + b"\r\n",
    HEAD % (b"GET", b"/%41~%7e") + b"\r\n",
    HEAD % (b"GET", b"/a:b@c!d$e&f'g(h)i*j+k,l=m") + b"\r\n",
    GET.replace(b"gateway.test", b"[::1]:8080") + b"\r\n",
    GET.replace(b"gateway.test", b"gateway.test:80") + b"\r\n",
    GET.replace(b"X-API-Key: KEY", b"Authorization: Bearer KEY") + b"\r\n",
    GET.replace(b"X-API-Key: KEY", b"authorization:bearer KEY\t ") + b"\r\n",
    GET.replace(b"X-API-Key: KEY", b"X-API-Key: KEY\r\nAuthorization: Bearer KEY") + b"\r\n",
    GET + b"Empty:\r\nSpaces: \t x \t\r\nHigh: \xe9\xff\r\nx!#$%&'*+-.^_`|~1: token\r\n\r\n",
    GET + b"Accept: a\r\nAccept: b\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n",
    GET + b"Connection: close\r\n\r\n",
    GET + b"Connection: keep-alive, X-Drop\r\nX-Drop: 1\r\n\r\n",
    GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
    GET + b"Content-Length: 0\r\n\r\n",
    GET + b"Content-Length: 3\r\n\r\nabc",
    GET + b"TE: trailers\r\n\r\n",
    POST + b"\r\n",
    POST + b"Content-Length: 0\r\n\r\n",
    POST + b"Content-Length: 11\r\n\r\nhello world",
    POST + b"content-length:5 \r\n\r\n\r\n\r\n\0",
    POST + b"Content-Length: 00003\r\n\r\nabc",
    POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    POST + b"transfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\n0000A\r\n0123456789\r\n000\r\nA: b\r\nC: d\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 40 + b"0\r\n\r\n",
    POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
    (GET + b"\r\n") * 3,
    POST
    + b"Content-Length: 3\r\n\r\nabc"
    + POST
    + b"Transfer-Encoding: chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n"
    + GET
    + b"\r\n",
]
STRANGERS = [
    GET.replace(b"KEY", b"pc_live_000000000000000000000000000000000000") + b"\r\n",
    GET.replace(b"X-API-Key: KEY\r\n", b"") + b"\r\n",
    POST.replace(b"KEY", b"x") + b"Content-Length: 3\r\n\r\nabc",
]
#: What attackers put where.
NASTY = [
    *(
        b"\r",
        b"\n",
        b"\0",
        b" ",
        b"\t",
        b"\r\n",
        b"\n\n",
        b"\r\n\r\n",
        b"\r\n ",
        b":",
        b" :",
        b"\x0b",
        b"\x85",
        b"\x7f",
    ),
    *(b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"Content-Length: +3\r\n", b"Content-Length: 3,3\r\n"),
    *(b"Content-Length : 3\r\n", b"Content_Length: 3\r\n", b"Content-Length:\x0b3\r\n", b"Content-Length: 0x3\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: identity\r\n"),
    *(
        b"Transfer-Encoding: chunked, chunked\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
    ),
    *(
        b"Transfer-Encoding: xchunked\r\n",
        b'Transfer-Encoding: "chunked"\r\n',
        b"X: y\r\n Transfer-Encoding: chunked\r\n",
    ),
    *(
        b"Host: other.test\r\n",
        b"Host: a, b\r\n",
        b"Connection: X-API-Key, Content-Length\r\n",
        b"Connection: close\r\n",
    ),
    *(b"0\r\n\r\n", b"5;x=y\r\n", b"ffffffffffffffffff\r\n", b"-1\r\n", b"0x1\r\n", b"1_0\r\n", b" 5\r\n", b"5 \r\n"),
    *(b"GET /clinic/v1/secret HTTP/1.1\r\nHost: x\r\n\r\n", b" HTTP/1.0", b" HTTP/1.1", b" HTTP/2.0", b"HTTP/0.9"),
    *(b"http://other.test/", b"//other.test/", b"#", b"%00", b"%2e%2e/", b"%2f", b"\\", b"..;/", b"?", b"\xc0\xaf"),
]


def with_key(data: bytes, rig: Rig) -> bytes:
    return data.replace(b"KEY", rig.key.encode())


def read_by_h11(data: bytes) -> list[Seen]:
    """The requests that h11 finds before it gives up. It knows nothing of empty lines before a request."""
    reader, found, at = Reader(), [], 0
    with contextlib.suppress(h11.RemoteProtocolError):
        while at < len(data):
            if reader.is_between and data.startswith(b"\r\n", at):
                at += 2
                continue
            end = max(data.find(b"\r\n", at), at + 1) if b"\r\n" in data[at:] else len(data)
            found.extend(reader.feed(data[at:end]))
            at = end
    return found


def is_same(sent: Seen, arrived: Seen) -> bool:
    """Whether the upstream got what h11 read from the client: method, path, query, body, no more and no less."""
    path, _, query = sent.target.partition(b"?")
    wanted = b"/base" + unquote_to_bytes(path).removeprefix(b"/clinic/v1")
    got, _, got_query = arrived.target.partition(b"?")
    return (sent.method, wanted, query, sent.body) == (arrived.method, unquote_to_bytes(got), got_query, arrived.body)


def is_authorised(sent: Seen, key: str) -> bool:
    """Whether the request carries the key, as h11 reads it."""
    bearers = [value.partition(b" ")[2].strip() for value in sent.values(b"authorization")]
    return key.encode() in (*bearers, *sent.values(b"x-api-key"))


def check(rig: Rig, data: bytes, result: Conversation) -> None:
    """All that must hold, whatever was sent."""
    assert rig.upstream.broken == [], data
    assert rig.log.crashes == [], data
    assert 500 not in result.statuses, data
    left = iter([sent for sent in read_by_h11(data) if is_authorised(sent, rig.key)])
    for arrived in result.seen:
        sent = next((sent for sent in left if is_same(sent, arrived)), None)
        assert sent is not None, (data, arrived)
        assert not any(name in (b"x-api-key", b"authorization") for name, _ in arrived.headers), data


def pieces(chance: random.Random, data: bytes) -> list[bytes]:
    """The data cut at random: often in a few places, sometimes everywhere."""
    cuts = chance.choice((0, 0, 1, 2, 5, len(data)))
    places = sorted({0, len(data), *(chance.randrange(len(data) + 1) for _ in range(cuts))})
    return [data[a:b] for a, b in itertools.pairwise(places)]


def damaged(chance: random.Random, data: bytes) -> bytes:
    """One to four changes, mostly in the head, where framing is decided."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(data) + 1)
        lines = [i + 2 for i in range(len(data)) if data.startswith(b"\r\n", i)] or [at]
        what = chance.randrange(6)
        if what == 0:
            data = data[:at] + chance.choice(NASTY) + data[at:]
        elif what == 1:
            at = chance.choice(lines)
            data = data[:at] + chance.choice(NASTY) + data[at:]
        elif what == 2:
            data = data[:at] + data[at + chance.choice((1, 1, 2, 20)) :]
        elif what == 3:
            data = data[:at] + bytes((chance.randrange(256),)) + data[at + 1 :]
        elif what == 4:
            start, end = sorted((chance.choice(lines), chance.choice(lines)))
            data = data[:end] + data[start:end] + data[end:]
        else:
            data = data + chance.choice(VALID + STRANGERS)
    return data


@pytest.mark.parametrize("number", range(len(VALID)))
async def test_every_valid_request_is_accepted_wherever_it_is_cut(number: int) -> None:
    rig = Rig()
    data = with_key(VALID[number], rig)
    expected = read_by_h11(data)
    assert expected
    cuts = [[data[:at], data[at:]] for at in range(1, len(data))]
    for parts in [[data], [data[at : at + 1] for at in range(len(data))], *cuts]:
        result = await rig.converse(*parts)
        assert result.statuses == [200] * len(expected), parts
        assert len(result.seen) == len(expected)
        check(rig, data, result)


async def test_strangers_requests_reach_no_upstream() -> None:
    rig = Rig()
    for data in STRANGERS:
        for at in range(len(data)):
            result = await rig.converse(data[:at], data[at:])
            assert (result.statuses, result.received) == ([401], b"")


async def test_no_damaged_request_is_read_in_two_ways(record_property: Note) -> None:
    chance, rig = random.Random(SEED), Rig()
    print(f"ORACLE_SEED={SEED}")
    counts: Counter[str] = Counter()
    for number in range(CASES):
        data = with_key(damaged(chance, chance.choice(VALID + STRANGERS)), rig)
        result = await rig.converse(*pieces(chance, data))
        check(rig, data, result)
        counts["forwarded"] += len(result.seen)
        counts["refused"] += sum(status >= 400 for status in result.statuses)
        if number % 4 == 0:
            assert is_same_course(await rig.converse(data), result), data
    for name, count in {"cases": CASES, **counts}.items():
        record_property(name, count)
    assert counts["forwarded"] > CASES / 20
    assert counts["refused"] > CASES / 4


@pytest.fixture
async def hurried(valkey_process: ValkeyProcess, scene: Scene) -> AsyncIterator[GatewayProcess]:
    """A gateway that soon gives up on whoever sends no more."""
    deadlines = {"GATEWAY_HEAD_SECONDS": "1", "GATEWAY_BODY_SECONDS": "1", "GATEWAY_IDLE_SECONDS": "1"}
    process = GatewayProcess(valkey_process.url, GATEWAY_FAILED_ATTEMPTS_PER_MINUTE="100000", **deadlines)
    await process.wait_ready()
    yield process
    process.close()


async def test_over_real_sockets_too_nothing_unauthorised_arrives(
    hurried: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    chance, sent = random.Random(SEED), {}
    for _ in range(SOCKETS):
        key = scene.new_key()
        sent[key] = damaged(chance, chance.choice(VALID + STRANGERS)).replace(b"KEY", key.encode())
    print(f"ORACLE_SEED={SEED}")
    await asyncio.gather(*(_send_and_wait(hurried.port, pieces(chance, data)) for data in sent.values()))
    arrived: dict[str, list[Seen]] = {}
    for request in upstream.requests:
        claims = (request.header(b"x-portcullis-identity") or b"").split(b".")[1]
        credential = json.loads(base64.urlsafe_b64decode(claims + b"=="))["credential"]
        arrived.setdefault(credential, []).append(Seen(request.method, request.target, (), request.body))
    assert len(arrived) > SOCKETS / 10
    for key, data in sent.items():
        left = iter([one for one in read_by_h11(data) if is_authorised(one, key)])
        for seen in arrived.get(key[-8:], []):
            assert any(is_same(one, seen) for one in left), (data, seen)
    assert "call failed inside" not in hurried.log


async def _send_and_wait(port: int, parts: list[bytes]) -> None:
    """Send piece by piece; then wait until the gateway has closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read()
    writer.transport.abort()


def is_same_course(one: Conversation, other: Conversation) -> bool:
    """Whether both went alike, but for the ids that each call has of its own.

    A refusal closes the connection where the refused request's body is not there yet, so one may end there.
    """
    shorter, longer = sorted((one, other), key=lambda result: len(result.statuses))
    if len(shorter.statuses) < len(longer.statuses) and (not shorter.statuses or shorter.statuses[-1] < 400):
        return False
    return shorter.statuses == longer.statuses[: len(shorter.statuses)] and all(
        (ours[:2], ours.body) == (theirs[:2], theirs.body)
        for ours, theirs in zip(shorter.seen, longer.seen, strict=False)
    )
