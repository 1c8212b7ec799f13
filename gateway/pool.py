"""Upstream connections, kept per origin. A bounded number of calls is under way to one origin; more of them wait."""

import asyncio
import ssl
import time
from collections import deque
from typing import NamedTuple
from urllib.parse import urlsplit

from gateway.upstream import UpstreamConnection, UpstreamFailed, Waits


class Upstream(NamedTuple):
    """An upstream URL, taken apart once. `base` is its path without a slash at the end; `authority` goes into Host.
    Connections are kept by `origin`: host, port, and whether it is TLS."""

    origin: tuple[str, int, bool]
    authority: bytes
    base: bytes


def read_upstream(url: str) -> Upstream:
    """Raises ValueError for anything but http(s)://host[:port][/path]."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("an upstream is http(s)://host[:port][/path]")
    tls = parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    base = parts.path.rstrip("/").encode("ascii")
    authority = parts.netloc.encode("idna" if ":" not in parts.netloc else "ascii")
    return Upstream((parts.hostname, port, tls), authority, base)


class _Lane:
    """The connections of one origin."""

    __slots__ = ("busy", "idle", "opening", "waiting")

    def __init__(self) -> None:
        self.idle: list[UpstreamConnection] = []
        self.busy: set[UpstreamConnection] = set()
        self.opening = 0
        self.waiting: deque[asyncio.Future[None]] = deque()


class Pool:
    """`acquire`, then exactly one `release`."""

    def __init__(
        self, *, connections_max: int, connect_seconds: float, keep_seconds: float, waits: Waits, tls: ssl.SSLContext
    ) -> None:
        self._connections_max = connections_max
        self._connect_seconds = connect_seconds
        self._keep_seconds = keep_seconds
        self._waits = waits
        self._tls = tls
        self._lanes: dict[tuple[str, int, bool], _Lane] = {}

    def acquire_idle(self, upstream: Upstream) -> UpstreamConnection | None:
        """A kept connection, the one used last, if nobody waits before us."""
        lane = self._lanes.get(upstream.origin)
        while lane is not None and lane.idle and not lane.waiting:
            connection = lane.idle.pop()
            if connection.is_reusable:
                lane.busy.add(connection)
                return connection
        return None

    async def acquire(self, upstream: Upstream) -> UpstreamConnection:
        """A kept connection or a new one. Raises UpstreamFailed: upstream-unreachable, upstream-timeout."""
        lane = self._lanes.setdefault(upstream.origin, _Lane())
        try:
            async with asyncio.timeout(self._connect_seconds):
                while len(lane.busy) + lane.opening >= self._connections_max:
                    await self._turn(lane)
                return self.acquire_idle(upstream) or await self._connect(upstream, lane)
        except TimeoutError:
            raise UpstreamFailed("upstream-timeout", "no connection") from None
        except (OSError, UnicodeError):
            raise UpstreamFailed("upstream-unreachable") from None

    async def _turn(self, lane: _Lane) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lane.waiting.append(future)
        try:
            await future
        finally:
            if future in lane.waiting:
                lane.waiting.remove(future)

    async def _connect(self, upstream: Upstream, lane: _Lane) -> UpstreamConnection:
        lane.opening += 1
        try:
            loop, (host, port, tls) = asyncio.get_running_loop(), upstream.origin
            _, connection = await loop.create_connection(
                lambda: UpstreamConnection(self._waits), host, port, ssl=self._tls if tls else None
            )
        except BaseException:
            self._next(lane)
            raise
        finally:
            lane.opening -= 1
        if not connection.is_reusable:
            self._next(lane)
            raise ConnectionResetError
        lane.busy.add(connection)
        return connection

    def release(self, upstream: Upstream, connection: UpstreamConnection) -> None:
        """Keep the connection if its call ended well, else close it."""
        lane = self._lanes[upstream.origin]
        lane.busy.discard(connection)
        if connection.is_reusable:
            connection.finish()
            lane.idle.append(connection)
        else:
            connection.abort()
        if lane.waiting:
            self._next(lane)

    def _next(self, lane: _Lane) -> None:
        while lane.waiting:
            future = lane.waiting.popleft()
            if not future.done():
                future.set_result(None)
                return

    def sweep(self, now: float) -> None:
        """Close what was idle too long and fail what is overdue; `now` is time.monotonic()."""
        for lane in self._lanes.values():
            for connection in [one for one in lane.idle if one.idle_since + self._keep_seconds < now]:
                lane.idle.remove(connection)
                connection.abort()
            for connection in [one for one in lane.busy if 0 < one.deadline < now]:
                connection.expire()

    def counts(self) -> dict[str, int]:
        """Connections by what they are doing."""
        lanes = self._lanes.values()
        return {
            "busy": sum(len(lane.busy) for lane in lanes),
            "idle": sum(len(lane.idle) for lane in lanes),
            "opening": sum(lane.opening for lane in lanes),
        }

    def waiting(self) -> int:
        """Calls that wait for a connection."""
        return sum(len(lane.waiting) for lane in self._lanes.values())

    def close(self) -> None:
        """Close what is idle."""
        self.sweep(time.monotonic() + self._keep_seconds + 1)
