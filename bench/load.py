"""The load generator: `python -m bench.load` reads one order a line from standard input and answers one result a line.

An order: `port`, `connections`, `seconds`, `rate` (calls a second; 0: each connection calls again at once), `requests`
(a file, one request a line: target and credential), `in_turn` (whether each call sends the file's next request; else
each connection has one line of it and calls by that). A result: `calls`, `seconds`, `failed`, `p50_ms`, `p99_ms`.
With a rate, times run from the moment at which a call was due, so that a server that stalls cannot hide it.
"""

import asyncio
import json
import signal
import sys
import time
from array import array
from collections import deque
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, cast

import uvloop

_HEAD = "\r\n".join(
    (
        "GET {} HTTP/1.1",
        "Host: api.example",
        "User-Agent: bench/1",
        "Accept: application/json",
        "Authorization: {}",
        "",
        "",
    )
)
_LENGTH = b"content-length: "
_TICK_SECONDS = 0.00025
_GRACE_SECONDS = 10.0


@lru_cache(maxsize=16)
def read_requests(path: str) -> list[bytes]:
    """The requests of a file, as they are sent."""
    lines = Path(path).read_text().splitlines()
    return [_HEAD.format(*line.split(" ", 1)).encode() for line in lines]


class Caller(asyncio.Protocol):
    """One connection with one call under way at most."""

    def __init__(self, load: "Load", own: bytes | None) -> None:
        self._load = load
        self.own = own
        self._began = 0.0
        self._head = b""
        self._left = -1
        self.under_way = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def call(self, request: bytes, began: float) -> None:
        """Send a request that was due at `began`."""
        self._began, self.under_way, self._left = began, True, -1
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            data = self._read_head(self._head + data)
        self._left -= len(data)
        if self._left == 0 and self.under_way:
            self.under_way = False
            self._load.note(self, self._began)

    def _read_head(self, data: bytes) -> bytes:
        """What follows the head; all is kept where the head is not whole yet."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._head, self._left = data, -1
            return b""
        self._head = b""
        if not data.startswith(b"HTTP/1.1 200"):
            self._load.failed += 1
        at = data[:end].lower().find(_LENGTH) + len(_LENGTH)
        line_end = data.find(b"\r\n", at)
        self._left = int(data[at:line_end])
        return data[end + 4 :]

    def connection_lost(self, error: Exception | None) -> None:
        self._load.lose(self)

    def close(self) -> None:
        self._transport.abort()


class Load:
    """One order being carried out."""

    def __init__(
        self, port: int, connections: int, seconds: float, rate: float, requests: list[bytes], at: int, *, in_turn: bool
    ) -> None:
        self._port = port
        self._count = connections
        self._seconds = seconds
        self._rate = rate
        self._requests = requests
        self._in_turn = in_turn
        self.next = at
        self.failed = 0
        self._times = array("d")
        self._idle: deque[Caller] = deque()
        self._due: deque[float] = deque()
        self._until = 0.0
        self._open = 0
        self._done = asyncio.Event()

    async def run(self) -> dict[str, Any]:
        """Call for the time that was ordered, and wait for what is under way then."""
        loop = asyncio.get_running_loop()
        callers = [
            (await loop.create_connection(partial(Caller, self, self._own(number)), "127.0.0.1", self._port))[1]
            for number in range(self._count)
        ]
        began = time.perf_counter()
        self._until = began + self._seconds
        if self._rate:
            self._idle.extend(callers)
            await self._pace(began)
        else:
            for caller in callers:
                self._call(caller, time.perf_counter())
        await asyncio.wait_for(self._done.wait(), self._seconds + _GRACE_SECONDS)
        took = time.perf_counter() - began
        self._times, times = array("d"), self._times
        for caller in callers:
            caller.close()
        return summary(times, took, self.failed)

    def _own(self, number: int) -> bytes | None:
        return None if self._in_turn else self._requests[number % len(self._requests)]

    async def _pace(self, began: float) -> None:
        """Give out calls as they fall due; one for which no connection is free waits, and its time counts."""
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        given = 0

        def tick() -> None:
            nonlocal given
            now = time.perf_counter()
            while given < (min(now, self._until) - began) * self._rate:
                self._due.append(began + given / self._rate)
                given += 1
            while self._due and self._idle:
                self._call(self._idle.pop(), self._due.popleft())
            if now >= self._until:
                over.set()

        # The loop's own timers are no finer than a millisecond, in which several calls would fall due.
        loop.add_signal_handler(signal.SIGALRM, tick)
        signal.setitimer(signal.ITIMER_REAL, _TICK_SECONDS, _TICK_SECONDS)
        await over.wait()
        signal.setitimer(signal.ITIMER_REAL, 0)
        if not self._open and not self._due:
            self._done.set()

    def _call(self, caller: Caller, due: float) -> None:
        request = caller.own or self._requests[self.next % len(self._requests)]
        self.next += 1
        self._open += 1
        caller.call(request, due)

    def note(self, caller: Caller, began: float) -> None:
        """A call was answered."""
        now = time.perf_counter()
        self._times.append(now - began)
        self._open -= 1
        if self._due:
            self._call(caller, self._due.popleft())
        elif self._rate:
            self._idle.append(caller)
        elif now < self._until:
            self._call(caller, now)
        if not self._open and now >= self._until:
            self._done.set()

    def lose(self, caller: Caller) -> None:
        """A connection ended before we ended it."""
        if caller.under_way:
            self.failed += 1
            self._open -= 1
        if not self._open:
            self._done.set()


def summary(times: "array[float]", took: float, failed: int) -> dict[str, Any]:
    """What one order came to; times are seconds."""
    ordered = sorted(times) or [0.0]
    p50, p99 = (ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000 for share in (0.50, 0.99))
    return {"calls": len(times), "seconds": took, "failed": failed, "p50_ms": p50, "p99_ms": p99}


def main() -> None:
    """Carry out orders until standard input ends. Each file of requests goes on where it was left."""
    places: dict[str, int] = {}
    for line in sys.stdin:
        order = json.loads(line)
        path = order["requests"]
        load = Load(
            order["port"],
            order["connections"],
            order["seconds"],
            order["rate"],
            read_requests(path),
            places.get(path, 0),
            in_turn=order["in_turn"],
        )
        result = uvloop.run(load.run())
        places[path] = load.next
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
