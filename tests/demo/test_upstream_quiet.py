"""Connections on which nothing gets done are ended."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo.upstream.clinic import Clinic
from demo.upstream.clock import Clock
from demo.upstream.connection import Connection
from demo.upstream.journal import Journal
from demo.upstream.messages import MAX_QUIET_SECONDS
from demo.upstream.routing import Router
from demo.upstream.turn import Turn


class Transport:
    def __init__(self) -> None:
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.aborted

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def write(self, data: bytes) -> None: ...


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[Connection]:
    journal = Journal(tmp_path / "journal")
    yield Connection(Router(Clinic()), Turn(asyncio.get_running_loop(), journal), Clock(), set())
    journal.close()


@pytest.mark.parametrize("received", [b"", b"GET /v1/patients HT", b"GET /v1/patients HTTP/1.1\r\nHost: x\r\n\r\n"])
@pytest.mark.parametrize(("quiet_seconds", "ended"), [(MAX_QUIET_SECONDS - 1, False), (MAX_QUIET_SECONDS + 1, True)])
async def test_a_quiet_connection_is_ended(
    received: bytes, quiet_seconds: float, ended: bool, connection: Connection
) -> None:
    transport = Transport()
    connection.connection_made(transport)
    connection.data_received(received)
    connection.end_if_quiet(asyncio.get_running_loop().time() + quiet_seconds)
    assert transport.aborted is ended
    await asyncio.sleep(0)


async def test_dripping_bytes_do_not_keep_a_request_alive(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = Transport()
    connection.connection_made(transport)
    loop = asyncio.get_running_loop()
    connection.data_received(b"GET /v1/")
    begun = loop.time()
    monkeypatch.setattr(loop, "time", lambda: begun + MAX_QUIET_SECONDS)
    connection.data_received(b"patients")
    connection.end_if_quiet(begun + MAX_QUIET_SECONDS + 1)
    assert transport.aborted
