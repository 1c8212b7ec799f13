"""Upstreams that are slow, short, wrong or gone: no hang, no short answer passed as whole, no answer to another caller.

Also bodies far larger than what the gateway holds. `PROVE=1` makes 100,000 calls and moves 1 GB each way.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.gateway.gateway_process import Answer, Client, GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.upstream_server import Request, UpstreamServer, reply
from tests.gateway.valkey_process import ValkeyProcess
from tests.gateway.waiting import until

Note = Callable[[str, object], None]
PROVE = os.environ.get("PROVE") == "1"
CALLS = 100_000 if PROVE else 2_000
CLIENTS = 20
SILENCE = 499
"""Every so many calls an upstream says nothing (more); a prime, so that it is another client's turn each time."""
LARGE_BYTES = 1 << 30 if PROVE else 64 << 20
GROWTH_BYTES = 16 << 20
PATH = "/clinic/v1/practitioners"
DEADLINES = {"UPSTREAM_FIRST_BYTE_SECONDS": "8", "UPSTREAM_IDLE_SECONDS": "8", "UPSTREAM_TOTAL_SECONDS": "20"}
SOUND = ("plain", "chunks", "late", "until closed", "closes after", "early answer")
STATUSES = {
    "reset before": {502},
    "reset within": {502, None},
    "short": {502, None},
    "long": {200},
    "lies in chunks": {502, None},
    "two lengths": {502},
    "garbage": {502},
    "silent": {504},
    "stalls": {504, None},
}
FAULTS = tuple(manner for manner in STATUSES if manner not in ("silent", "stalls"))


@pytest.fixture
async def hurried(valkey_process: ValkeyProcess, scene: Scene) -> AsyncIterator[GatewayProcess]:
    """A gateway with deadlines of eight seconds for upstreams."""
    process = GatewayProcess(valkey_process.url, LOG_LEVEL="ERROR", **DEADLINES)
    await process.wait_ready()
    yield process
    process.close()


def body_for(request: Request) -> bytes:
    """What only this request may be answered."""
    return request.target.rpartition(b"/")[2] + b"|" + request.body + b"|" + b"x" * 500


async def misbehave(request: Request, writer: asyncio.StreamWriter) -> None:
    """Answer as the request's `X-Manner` says."""
    manner, body = (request.header(b"x-manner") or b"").decode(), body_for(request)
    half, whole = len(body) // 2, reply(body)
    head = whole[: -len(body)]
    if manner in ("plain", "early answer"):
        writer.write(whole)
    elif manner == "late":
        writer.write(whole[:20])
        await asyncio.sleep(0.01)
        writer.write(whole[20:])
    elif manner == "chunks":
        pieces = b"".join(
            b"%x\r\n%b\r\n" % (len(body[at : at + 50]), body[at : at + 50]) for at in range(0, len(body), 50)
        )
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n")
    elif manner == "long":
        writer.write(whole + reply(b"another's"))
    elif manner == "two lengths":
        writer.write(head[:-2] + b"Content-Length: 3\r\n\r\n" + body)
    elif manner == "garbage":
        writer.write(b"\x16\x03\x01 HTTP/1.1 200 OK\r\n\r\n")
    elif manner == "lies in chunks":
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + body + b"\r\n0\r\n\r\n")
    elif manner == "silent":
        await asyncio.sleep(30)
    elif manner == "stalls":
        writer.write(head + body[:half])
        await asyncio.sleep(30)
    else:
        await _leave(manner, head, body, writer)


async def _leave(manner: str, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
    """Close, in good order or not."""
    if manner == "closes after":
        writer.write(head[:-2] + b"Connection: close\r\n\r\n" + body)
    elif manner == "until closed":
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + body)
    elif manner in ("short", "reset within"):
        writer.write(head + body[: len(body) // 2])
    await writer.drain()
    if manner.startswith("reset"):
        writer.transport.abort()
    writer.close()


class Caller:
    """One client after another, each call with a body and a path of its own."""

    def __init__(self, port: int, key: str, chance: random.Random) -> None:
        self._port, self._key, self._chance = port, key, chance
        self.counts: Counter[tuple[str, int | None]] = Counter()

    async def run(self, numbers: list[int]) -> None:
        left = list(reversed(numbers))
        while left:
            async with Client(self._port) as client:
                while left and await self._call(client, left.pop()):
                    pass

    async def _call(self, client: Client, number: int) -> bool:
        """One call; whether the connection can be used again."""
        manner = self._manner(number)
        body = b"body-%d" % number * self._chance.choice((0, 1, 3000))
        try:
            async with asyncio.timeout(60):
                answer = await client.ask(f"{PATH}/{number}", self._key, f"X-Manner: {manner}", body=body)
        except (asyncio.IncompleteReadError, ConnectionError):
            self._note(manner, None)
            return False
        self._note(manner, answer.status)
        if answer.status == 200:
            assert answer.body == b"%d|%b|" % (number, body) + b"x" * 500, manner
        return answer.header("Connection") != "close"

    def _manner(self, number: int) -> str:
        if number % SILENCE == 0:
            return ("silent", "stalls")[number // SILENCE % 2]
        return self._chance.choice(SOUND if self._chance.random() < 0.6 else FAULTS)

    def _note(self, manner: str, status: int | None) -> None:
        self.counts[manner, status] += 1
        assert status in ({200} if manner in SOUND else STATUSES[manner]), manner


async def test_no_fault_of_an_upstream_reaches_anybody_else(
    hurried: GatewayProcess, scene: Scene, upstream: UpstreamServer, record_property: Note
) -> None:
    upstream.answer = misbehave
    callers = [Caller(hurried.port, scene.new_key(), random.Random(seed)) for seed in range(CLIENTS)]
    await asyncio.gather(*(caller.run(list(range(at, CALLS, CLIENTS))) for at, caller in enumerate(callers)))
    counts = sum((caller.counts for caller in callers), Counter[tuple[str, int | None]]())
    record_property("calls", counts.total())
    assert counts.total() == CALLS
    assert {manner for manner, _ in counts} == {*SOUND, *STATUSES}
    assert hurried.log == ""
    await until(lambda: len(scene.publisher.rows()) == CALLS, 30)
    assert len(upstream.requests) <= CALLS


async def test_a_half_closed_upstream_is_no_reason_to_wait(
    hurried: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    async def half_close(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        writer.write_eof()
        await asyncio.sleep(30)

    upstream.answer = half_close
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await asyncio.wait_for(hurried.get(PATH, scene.new_key()), 10)


def peak_bytes(pid: int) -> int:
    """The most memory that a process ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


async def test_a_huge_download_and_upload_pass_in_little_memory(valkey_process: ValkeyProcess, scene: Scene) -> None:
    process = GatewayProcess(valkey_process.url, GATEWAY_BODY_MAX_BYTES=str(2 << 30))
    server = await asyncio.start_server(_huge, "127.0.0.1", 0, limit=1 << 20)
    scene.publish_version(upstream_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        await process.wait_ready()
        key = scene.new_key()
        (pid,) = process.worker_pids()
        async with Client(process.port) as client:
            assert (await client.ask(PATH, key, method="POST", body=b"warm")).status == 200
            before = peak_bytes(pid)
            assert await _download(client, key) == LARGE_BYTES
            for framing in ("length", "chunks"):
                assert (await _upload(client, key, framing)).body == b"%d" % LARGE_BYTES
        assert peak_bytes(pid) - before <= GROWTH_BYTES
    finally:
        process.close()
        server.close()


_PIECE = bytes(1 << 18)


async def _huge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer GET with a huge body and POST with the number of bytes that came."""
    while head := await _head(reader):
        if head.startswith(b"GET"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE_BYTES)
            for _ in range(LARGE_BYTES // len(_PIECE)):
                writer.write(_PIECE)
                await writer.drain()
            continue
        body = b"%d" % await _count(reader, head.lower())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


async def _count(reader: asyncio.StreamReader, head: bytes) -> int:
    if b"chunked" in head:
        total = 0
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
            total += size
        await reader.readexactly(2)
        return total
    left = total = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
    while left:
        left -= len(await reader.read(min(left, 1 << 20)))
    return total


async def _download(client: Client, key: str) -> int:
    client.writer.write(f"GET {PATH} HTTP/1.1\r\nHost: g\r\nX-API-Key: {key}\r\n\r\n".encode())
    head = await client.reader.readuntil(b"\r\n\r\n")
    left = total = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while left:
        left -= len(await client.reader.read(min(left, 1 << 20)))
    return total


async def _upload(client: Client, key: str, framing: str) -> Answer:
    lines = f"Content-Length: {LARGE_BYTES}" if framing == "length" else "Transfer-Encoding: chunked"
    client.writer.write(f"POST {PATH} HTTP/1.1\r\nHost: g\r\nX-API-Key: {key}\r\n{lines}\r\n\r\n".encode())
    for _ in range(LARGE_BYTES // len(_PIECE)):
        client.writer.write(_PIECE if framing == "length" else b"%x\r\n%b\r\n" % (len(_PIECE), _PIECE))
        await client.writer.drain()
    client.writer.write(b"" if framing == "length" else b"0\r\n\r\n")
    return await client.read()
