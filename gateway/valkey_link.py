"""One pipelined connection to Valkey, raw RESP: what is asked in one turn of the event loop leaves in one write.

A link that is lost fails whatever waits for an answer, at once, and comes back by itself. Callers decide what an
unanswered question means: this module never asks twice.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qs, unquote, urlsplit

import hiredis

Command = tuple[str | int | float | bytes, ...]
OnReply = Callable[[Any], None]
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 1.0


class LinkLost(Exception):
    """The connection broke before the answer came: what was asked may have been done or not."""


class Address(NamedTuple):
    """Where a Valkey server is: a unix socket's `path`, or `host` and `port`."""

    path: str
    host: str
    port: int
    tls: bool
    login: Command
    database: int


def read_address(url: str) -> Address:
    """Read redis://, rediss:// or unix://. Raises ValueError."""
    parts = urlsplit(url)
    login: Command = ()
    if parts.password:
        user = (unquote(parts.username),) if parts.username else ()
        login = ("AUTH", *user, unquote(parts.password))
    if parts.scheme == "unix":
        return Address(parts.path, "", 0, False, login, int(parse_qs(parts.query).get("db", ["0"])[0]))
    if parts.scheme not in ("redis", "rediss"):
        raise ValueError("REDIS_URL must begin with redis://, rediss:// or unix://")
    database = int(parts.path.strip("/") or 0)
    return Address("", parts.hostname or "localhost", parts.port or 6379, parts.scheme == "rediss", login, database)


class ValkeyLink(asyncio.Protocol):
    """`on_up` runs after each connect and makes the link ready; if it fails the link is dropped and tried again."""

    def __init__(self, address: Address, *, reply_seconds: float, on_up: Callable[[], Awaitable[None]]) -> None:
        self._address = address
        self._reply_seconds = reply_seconds
        self._on_up = on_up
        self._transport: asyncio.WriteTransport | None = None
        self._reader = hiredis.Reader()
        self._waiting: deque[tuple[OnReply, float]] = deque()
        self._at_turns_end: deque[Callable[[], None]] = deque()
        self._gathered: list[bytes] | None = None
        self._lost = asyncio.Event()
        self.up = asyncio.Event()

    async def run(self) -> None:
        """Keep the link up until cancelled."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                await self._connect()
                pause = _FIRST_PAUSE_SECONDS
                await self._lost.wait()
            except (OSError, LinkLost, TimeoutError, hiredis.HiredisError):
                self.drop()
            except asyncio.CancelledError:
                self.drop()
                raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _connect(self) -> None:
        loop, address = asyncio.get_running_loop(), self._address
        self._lost.clear()
        async with asyncio.timeout(self._reply_seconds * 2):
            if address.path:
                await loop.create_unix_connection(lambda: self, address.path)
            else:
                await loop.create_connection(lambda: self, address.host, address.port, ssl=address.tls or None)
            if address.login:
                await self.ask(*address.login)
            if address.database:
                await self.ask("SELECT", address.database)
            await self._on_up()
        self.up.set()

    def drop(self) -> None:
        """Close the connection and fail whatever waits."""
        if self._transport is not None:
            self._transport.abort()
        self._fail_waiting()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._reader = cast(asyncio.WriteTransport, transport), hiredis.Reader()

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while self._waiting and (reply := self._reader.gets()) is not False:
            on_reply, _ = self._waiting.popleft()
            on_reply(reply)

    def connection_lost(self, error: Exception | None) -> None:
        self._fail_waiting()

    def _fail_waiting(self) -> None:
        self._transport = self._gathered = None
        self.up.clear()
        self._lost.set()
        waiting, self._waiting = self._waiting, deque()
        for on_reply, _ in waiting:
            on_reply(LinkLost())

    # What the gateway calls.

    def send(self, command: Command, on_reply: OnReply, patience_seconds: float = 0) -> None:
        """Send a command; `on_reply` gets its answer, a hiredis.ReplyError, or LinkLost, exactly once."""
        if self._transport is None:
            on_reply(LinkLost())
            return
        packed = hiredis.pack_command(command)  # type: ignore[arg-type]
        self._waiting.append((on_reply, time.monotonic() + self._reply_seconds + patience_seconds))
        self._transport.write(packed) if self._gathered is None else self._gathered.append(packed)

    def at_turns_end(self, send_all: Callable[[], None]) -> None:
        """Run it before this turn of the event loop ends; what is sent by all of a turn leaves in one write."""
        if not self._at_turns_end:
            asyncio.get_running_loop().call_soon(self._end_turn)
        self._at_turns_end.append(send_all)

    def _end_turn(self) -> None:
        self._gathered = []
        try:
            while self._at_turns_end:
                self._at_turns_end.popleft()()
        finally:
            gathered, self._gathered = self._gathered, None
            if gathered and self._transport is not None:
                self._transport.write(b"".join(gathered))
            if self._at_turns_end:
                asyncio.get_running_loop().call_soon(self._end_turn)

    async def ask(self, *command: str | int | float | bytes, patience_seconds: float = 0) -> Any:
        """Send a command and await its answer. Raises LinkLost and hiredis.ReplyError."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.send(command, lambda reply: settle(future, reply), patience_seconds)
        return await future

    async def ask_many(self, commands: list[Command]) -> list[Any]:
        """Send commands in one write and await all answers. Raises LinkLost and hiredis.ReplyError."""
        return await asyncio.gather(*(self.ask(*command) for command in commands))

    def drop_if_silent(self, now: float) -> None:
        """Give the connection up where the oldest answer is overdue; `now` is time.monotonic()."""
        if self._waiting and self._waiting[0][1] < now:
            self.drop()


def settle(future: asyncio.Future[Any], reply: Any) -> None:
    """Hand an answer over to whoever awaits it, if anybody still does."""
    if future.done():
        return
    if isinstance(reply, Exception):
        future.set_exception(reply)
    else:
        future.set_result(reply)
