"""`python -m bench.dripping PORT COUNT`: clients that never finish a request's head, each a byte a second.

One that is closed by its deadline comes back at once. They come from several addresses, each below its share.
"""

import asyncio
import sys
from collections.abc import Iterable
from typing import cast

import uvloop

_HEAD = b"GET /slow HTTP/1.1\r\nHost: api.example\r\nX-Slow: "
_PER_ADDRESS = 500
_SLICES = 20


class Client(asyncio.Protocol):
    """One connection; `is_lost` once it was closed."""

    def __init__(self) -> None:
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._transport.write(_HEAD)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost = True

    def drip(self) -> None:
        """One byte more."""
        if not self.is_lost:
            self._transport.write(b"a")


async def _connect(port: int, number: int) -> Client:
    address = f"127.0.0.{2 + number // _PER_ADDRESS}"
    loop = asyncio.get_running_loop()
    return (await loop.create_connection(Client, "127.0.0.1", port, local_addr=(address, 0)))[1]


async def _drip(port: int, count: int) -> None:
    """Says `ready` on standard output when all are connected."""
    clients = {number: await _connect(port, number) for number in range(count)}
    print("ready", flush=True)
    while True:
        for part in range(_SLICES):
            await _turn(port, clients, range(part, count, _SLICES))
            await asyncio.sleep(1 / _SLICES)


async def _turn(port: int, clients: dict[int, Client], numbers: Iterable[int]) -> None:
    for number in numbers:
        if clients[number].is_lost:
            clients[number] = await _connect(port, number)
        clients[number].drip()


if __name__ == "__main__":
    uvloop.run(_drip(int(sys.argv[1]), int(sys.argv[2])))
