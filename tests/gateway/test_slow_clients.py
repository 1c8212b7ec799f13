"""Clients that take their time, or come in crowds: closed by their deadline, in bounded memory, and nobody else waits.

`PROVE=1` brings 5,000 dripping sockets.
"""

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.gateway.gateway_process import Client, GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.upstream_server import UpstreamServer
from tests.gateway.valkey_process import ValkeyProcess
from tests.gateway.waiting import until

Note = Callable[[str, object], None]
PROVE = os.environ.get("PROVE") == "1"
DRIPPING = 5_000 if PROVE else 300
PATH = "/clinic/v1/practitioners"
DEADLINES = {"GATEWAY_HEAD_SECONDS": "2", "GATEWAY_BODY_SECONDS": "2", "GATEWAY_IDLE_SECONDS": "2"}
PATIENCE_SECONDS = 30 if PROVE else 10
LOCAL = [f"127.0.0.{host}" for host in range(2, 22)]


@pytest.fixture
async def hurried(valkey_process: ValkeyProcess, scene: Scene) -> AsyncIterator[GatewayProcess]:
    """A gateway with deadlines of two seconds."""
    process = GatewayProcess(valkey_process.url, GATEWAY_BODY_LEAST_BYTES_PER_SECOND="1000000", **DEADLINES)
    await process.wait_ready()
    yield process
    process.close()


class Drip:
    """Sends its first bytes, then one byte now and then, and notes when and how it was closed."""

    def __init__(self, port: int, source: str, first: bytes, more: bytes) -> None:
        self._port, self._source, self._first = port, source, first
        self._more = itertools.cycle(bytes((byte,)) for byte in more) if more else None
        self.answer = b""
        self.seconds = -1.0

    async def run(self) -> None:
        # Before it connects: among thousands, this task may be told late that it is connected.
        began = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(self._source, 0))
        writer.write(self._first)
        dripping = asyncio.ensure_future(self._drip(writer))
        with contextlib.suppress(ConnectionError):
            self.answer = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
        self.seconds = time.monotonic() - began
        dripping.cancel()
        writer.transport.abort()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        while self._more is not None and not writer.is_closing():
            writer.write(next(self._more))
            await asyncio.sleep(0.2)


async def test_dripping_clients_are_closed_while_others_are_served(
    hurried: GatewayProcess, scene: Scene, upstream: UpstreamServer, record_property: Note
) -> None:
    key = scene.new_key()
    head = f"POST {PATH} HTTP/1.1\r\nHost: g\r\nX-API-Key: {key}\r\n".encode()
    manners = [
        (b"", b""),
        (b"GET", b"a"),
        (head, b"A: b\r\n"),
        (head + b"Content-Length: 1000\r\n\r\n", b"x"),
        (head + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (head + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
    ]
    drips = [Drip(hurried.port, LOCAL[i % len(LOCAL)], *manners[i % len(manners)]) for i in range(DRIPPING)]
    running = [asyncio.create_task(drip.run()) for drip in drips]
    served = 0
    async with Client(hurried.port) as client:
        while not all(task.done() for task in running):
            assert (await client.ask(PATH, key)).status == 200
            served += 1
            await asyncio.sleep(0.01)
    await asyncio.gather(*running)
    record_property("dripping", DRIPPING)
    record_property("served", served)
    assert served > 20
    assert all(1.5 < drip.seconds < PATIENCE_SECONDS for drip in drips)
    for i, drip in enumerate(drips):
        assert drip.answer.startswith(b"HTTP/1.1 408 ") if i % len(manners) else drip.answer == b"", (i, drip.answer)
    await until(lambda: not scene.publisher.open_rows())
    assert all(request.method == b"GET" for request in upstream.requests)


async def test_an_idle_connection_is_closed_without_a_word(hurried: GatewayProcess, scene: Scene) -> None:
    async with Client(hurried.port) as client:
        assert (await client.ask(PATH, scene.new_key())).status == 200
        assert await asyncio.wait_for(client.reader.read(), 10) == b""


async def test_a_client_that_does_not_read_is_given_up(
    valkey_process: ValkeyProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    process = GatewayProcess(valkey_process.url, GATEWAY_WRITE_SECONDS="1")
    try:
        await process.wait_ready()
        upstream.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 50_000_000
        async with Client(process.port) as client:
            client.writer.write(f"GET {PATH} HTTP/1.1\r\nHost: g\r\nX-API-Key: {scene.new_key()}\r\n\r\n".encode())
            client.writer.transport.pause_reading()
            await until(scene.publisher.rows)
        assert scene.publisher.rows()[0].outcome == "aborted"
    finally:
        process.close()


def resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


async def test_endless_pieces_stay_in_bounded_memory(hurried: GatewayProcess, scene: Scene) -> None:
    key = scene.new_key()
    assert (await hurried.get(PATH, key)).status == 200
    (pid,) = hurried.worker_pids()
    before = resident_bytes(pid)
    head = f"POST {PATH} HTTP/1.1\r\nHost: g\r\nX-API-Key: {key}\r\n".encode()
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    endless = {
        "headers": (head, b"A: b\r\n" * 1000, 431),
        "one long header": (head + b"A: ", b"b" * 6000, 431),
        "one long address": (b"GET /", b"b" * 6000, 414),
        "trailers": (chunked + b"0\r\n", b"A: b\r\n" * 1000, 400),
        "a chunk size": (chunked, b"0" * 6000, 400),
    }
    for name, (start, more, status) in endless.items():
        async with Client(hurried.port) as client:
            client.writer.write(start)
            with contextlib.suppress(ConnectionError):
                for _ in range(1000):
                    client.writer.write(more)
                    await client.writer.drain()
            assert (await client.read()).status == status, name
    async with Client(hurried.port) as client:
        client.writer.write(chunked)
        for _ in range(30):
            client.writer.write(b"1\r\nx\r\n" * 10_000)
            await client.writer.drain()
        client.writer.write(b"0\r\n\r\n")
        assert (await client.read()).status == 200
    assert resident_bytes(pid) - before < 32 << 20


async def test_one_address_has_its_share_of_connections(valkey_process: ValkeyProcess, scene: Scene) -> None:
    settings = {"GATEWAY_CONNECTIONS_PER_ADDRESS_MAX": "10", "GATEWAY_CONNECTIONS_MAX": "30"}
    process = GatewayProcess(valkey_process.url, **settings)
    try:
        await until(lambda: "serving" in process.log, 20)
        async with contextlib.AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(Client(process.port)) for _ in range(10)]
            assert {(await client.ask("/healthz")).status for client in clients} == {200}
            async with Client(process.port) as surplus:
                answer = await surplus.read()
                assert (answer.status, answer.header("Connection")) == (429, "close")
                assert b"/problems/too-many-connections/" in answer.body
            assert {(await client.ask("/healthz")).status for client in clients} == {200}
            reader, writer = await asyncio.open_connection("127.0.0.1", process.port, local_addr=("127.0.0.2", 0))
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 200 OK")
            writer.close()
        await until(lambda: process.log.count("too-many-connections") == 1)
        await _status_again(process, 200)
    finally:
        process.close()


async def _status_again(process: GatewayProcess, status: int) -> None:
    """Whoever leaves makes room."""
    for _ in range(300):
        if (await process.get("/healthz")).status == status:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("no room again")


async def test_slow_uploads_hold_no_connection_to_the_upstream(
    valkey_process: ValkeyProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    """More of them than there may be connections; a call that has its body with it is served at once."""
    process = GatewayProcess(valkey_process.url, UPSTREAM_CONNECTIONS_MAX="2", UPSTREAM_CONNECT_SECONDS="1")
    key = scene.new_key()
    head = f"POST {PATH} HTTP/1.1\r\nHost: g\r\nX-API-Key: {key}\r\nContent-Length: 1000\r\n"
    slow = []
    try:
        await process.wait_ready()
        for more in ("", "", "Expect: 100-continue\r\n", "Expect: 100-continue\r\n"):
            slow.append(await asyncio.open_connection("127.0.0.1", process.port))
            slow[-1][1].write(f"{head}{more}\r\nx".encode())
        await until(lambda: len(scene.publisher.open_rows()) == len(slow))
        async with Client(process.port) as client:
            assert (await client.ask(PATH, key)).status == 200
        slow[0][1].write(b"x" * 999)
        assert (await asyncio.wait_for(slow[0][0].readline(), 10)).startswith(b"HTTP/1.1 200 ")
        assert upstream.requests[-1].body == b"x" * 1000
    finally:
        for _, writer in slow:
            writer.transport.abort()
        process.close()


async def test_a_key_that_is_revoked_while_its_body_arrives_reaches_no_upstream(
    valkey_process: ValkeyProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    process = GatewayProcess(valkey_process.url)
    key = scene.new_key()
    try:
        await process.wait_ready()
        reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
        head = f"POST {PATH} HTTP/1.1\r\nHost: g\r\nX-API-Key: {key}\r\nContent-Length: 1000\r\n\r\n"
        writer.write(head.encode() + b"x")
        await until(scene.publisher.open_rows)
        scene.revoke(key)
        async with Client(process.port) as client:
            while (await client.ask(PATH, key)).status != 401:
                await asyncio.sleep(0.01)
        asked = len(upstream.requests)
        writer.write(b"x" * 999)
        assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 401 ")
        assert len(upstream.requests) == asked
        await until(lambda: not scene.publisher.open_rows())
    finally:
        writer.transport.abort()
        process.close()
