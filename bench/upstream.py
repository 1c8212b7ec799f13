"""`python -m bench.upstream PORT`: answers by path from memory and does nothing else, on uvloop without a parser.

Requests must have no body. `/people/…` is one record of 1.2 kB, `/lists/<kB>` many of them.
"""

import asyncio
import sys
from typing import cast

import uvloop

from bench.documents import SIZES_KB, people, person


def _answer(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: upstream\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


_PERSON = _answer(person())
_LISTS = {b"GET /lists/%d " % size: _answer(people(size * 1000)) for size in SIZES_KB}


class Connection(asyncio.Protocol):
    """One request after the other; pipelined ones are answered in order."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        *heads, self._rest = data.split(b"\r\n\r\n")
        for head in heads:
            is_list = head.startswith(b"GET /lists/")
            self._transport.write(_LISTS[head[: head.index(b" ", 4) + 1]] if is_list else _PERSON)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
