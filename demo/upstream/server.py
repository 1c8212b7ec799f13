"""Listens, closes quiet connections, and ends gracefully on SIGTERM or SIGINT."""

import asyncio
import signal
from pathlib import Path

from demo.upstream.clock import Clock
from demo.upstream.connection import Connection
from demo.upstream.generation import sample_clinic
from demo.upstream.journal import Journal
from demo.upstream.routing import Router
from demo.upstream.turn import Turn

BACKLOG = 1024
SWEEP_SECONDS = 5.0
DRAIN_SECONDS = 5.0


async def serve(host: str, port: int, journal_path: Path) -> None:
    """Serves until a signal comes; raises ``OSError`` when the journal or the address cannot be had."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    journal = Journal(journal_path)
    connections: set[Connection] = set()
    router, turn, clock = Router(sample_clinic()), Turn(loop, journal), Clock()
    server = await loop.create_server(lambda: Connection(router, turn, clock, connections), host, port, backlog=BACKLOG)
    print(f"Rowan Clinic API on http://{host}:{server.sockets[0].getsockname()[1]}", flush=True)
    await _sweep_until(stopping, connections)
    server.close()
    await _drain(connections)
    journal.close()


async def _sweep_until(stopping: asyncio.Event, connections: set[Connection]) -> None:
    while not stopping.is_set():
        try:
            await asyncio.wait_for(stopping.wait(), SWEEP_SECONDS)
        except TimeoutError:
            now_seconds = asyncio.get_running_loop().time()
            for connection in list(connections):
                connection.end_if_quiet(now_seconds)


async def _drain(connections: set[Connection]) -> None:
    for connection in list(connections):
        connection.drain()
    deadline = asyncio.get_running_loop().time() + DRAIN_SECONDS
    while connections and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.02)
    for connection in list(connections):
        connection.abort()
    await asyncio.sleep(0)
