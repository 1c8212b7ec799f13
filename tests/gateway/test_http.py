"""HTTP/1.1 on both sides: bodies, pipelining, interim answers, and upstreams that break their word."""

import asyncio

import msgspec
import pytest

from contract.masking.rules import MaskRule
from contract.records import Mask
from tests.gateway.gateway_process import Client, GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.upstream_server import Request, UpstreamServer, reply
from tests.gateway.waiting import until

PATH = "/clinic/v1/practitioners"
CANARY = b"canary-7f3a"


async def test_bodies_arrive_whole_by_length_and_in_chunks(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    key, body = scene.new_key(), bytes(range(256)) * 4000
    assert (await gateway.get(PATH, key, method="POST", body=body)).status == 200
    async with Client(gateway.port) as client:
        head = f"POST {PATH} HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\nX-API-Key: {key}\r\n\r\n"
        client.writer.write(head.encode())
        for at in range(0, len(body), 100_000):
            piece = body[at : at + 100_000]
            client.writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await asyncio.sleep(0)
        client.writer.write(b"0\r\nTrailer: dropped\r\n\r\n")
        assert (await client.read()).status == 200
        assert (await client.ask(PATH, key)).status == 200
    assert [request.body == body for request in upstream.requests] == [True, True, False]
    assert b"dropped" not in upstream.bytes_seen


async def test_pipelined_requests_are_answered_in_order(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    async def echo(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(request.target))

    upstream.answer = echo
    key = scene.new_key()
    async with Client(gateway.port) as client:
        lines = f" HTTP/1.1\r\nHost: g\r\nX-API-Key: {key}\r\n"
        chunked = f"POST {PATH}{lines}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        pipeline = "".join(f"GET {PATH}/{number}{lines}\r\n" for number in range(20))
        client.writer.write((pipeline + chunked + pipeline).encode())
        bodies = [(await client.read()).body for _ in range(41)]
    once = [b"/base/practitioners/%d" % number for number in range(20)]
    assert bodies == [*once, b"/base/practitioners", *once]


async def test_it_tells_a_waiting_client_to_continue_only_after_admission(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    async with Client(gateway.port) as client:
        head = f"POST {PATH} HTTP/1.1\r\nHost: g\r\nExpect: 100-continue\r\nContent-Length: 3\r\nX-API-Key: "
        client.writer.write(f"{head}{scene.new_key()}\r\n\r\n".encode())
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.writer.write(b"abc")
        assert (await client.read()).status == 200
        client.writer.write(f"{head}wrong\r\n\r\n".encode())
        assert (await client.read()).status == 401
        assert await client.reader.read() == b""
    assert [request.body for request in upstream.requests] == [b"abc"]


async def test_head_has_the_length_and_no_body(gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer) -> None:
    async def bodyless(request: Request, writer: asyncio.StreamWriter) -> None:
        answer = reply(b"12345")
        writer.write(answer[:-5] if request.method == b"HEAD" else answer)

    upstream.answer = bodyless
    key = scene.new_key()
    async with Client(gateway.port) as client:
        answer = await client.ask(PATH, key, method="HEAD")
        assert (answer.status, answer.header("Content-Length")) == (200, "5")
        assert (await client.ask(PATH, key)).body == b"12345"


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + reply(b"late"), 200, b"late"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", 304, b""),
        (b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n", 302, b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: t\r\n\r\n", 200, b"abc"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", 502, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nabc", 502, None),
        (b"SSH-2.0-OpenSSH\r\n", 502, None),
    ],
)
async def test_it_takes_valid_answers_and_refuses_others(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer, answer: bytes, status: int, body: bytes | None
) -> None:
    upstream.answer = answer
    got = await gateway.get(PATH, scene.new_key())
    assert got.status == status
    if body is not None:
        assert got.body == body
    else:
        assert msgspec.json.decode(got.body)["type"].endswith("/problems/upstream-invalid/")


async def _cut_short(writer: asyncio.StreamWriter, head: bytes) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + head)
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.close()


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 100\r\n\r\n" + CANARY, b"Transfer-Encoding: chunked\r\n\r\nf\r\n"]
)
async def test_a_short_answer_is_never_a_clean_200(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer, framing: bytes
) -> None:
    async def short(request: Request, writer: asyncio.StreamWriter) -> None:
        await _cut_short(writer, framing)

    upstream.answer = short
    key = scene.new_key()
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await gateway.get(PATH, key)
    await until(lambda: len(scene.publisher.rows()) == 1)
    position = scene.publish_plan(masks=[Mask(MaskRule("$.b", "remove"))])
    await until(lambda: scene.publisher.is_applied(position))
    answer = await gateway.get(PATH, key)
    assert answer.status == 502
    assert CANARY not in answer.body
    await until(lambda: len(scene.publisher.rows()) == 2)
    assert {row.outcome for row in scene.publisher.rows()} == {"failed"}


async def test_an_answer_that_ends_with_its_connection_is_whole(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    async def close(request: Request, writer: asyncio.StreamWriter) -> None:
        await _cut_short(writer, b"\r\nall of it")

    upstream.answer = close
    assert (await gateway.get(PATH, scene.new_key())).body == b"all of it"


async def test_an_unasked_answer_reaches_nobody(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    upstream.answer = reply(b"mine") + reply(CANARY)
    key = scene.new_key()
    for _ in range(10):
        assert (await gateway.get(PATH, key)).body == b"mine"


async def test_events_pass_as_they_come(gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer) -> None:
    more = asyncio.Event()

    async def events(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        await writer.drain()
        await more.wait()
        writer.write(b"data: 1\n\n")
        writer.close()

    upstream.answer = events
    async with Client(gateway.port) as client:
        client.writer.write(
            f"GET /clinic/v1/stream HTTP/1.1\r\nHost: g\r\nX-API-Key: {scene.new_key()}\r\n\r\n".encode()
        )
        assert (await client.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
        more.set()
        assert await client.reader.readuntil(b"0\r\n\r\n") == b"9\r\ndata: 1\n\n\r\n0\r\n\r\n"


async def test_nobody_at_home_is_502_and_logged(gateway: GatewayProcess, scene: Scene) -> None:
    scene.publish_version(upstream_url="http://127.0.0.1:1/")
    key = scene.new_key()
    answer = await gateway.get(PATH, key)
    assert (answer.status, answer.header("Content-Type")) == (502, "application/problem+json")
    await until(scene.publisher.rows)
    assert scene.publisher.rows()[0].outcome == "failed"
