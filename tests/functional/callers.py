"""Clients of the gateway: one call over one connection, many at once, or on and on until told to stop."""

import asyncio
import os
from dataclasses import dataclass, field

from tests.canaries import keep_keys_in

PROVE = os.environ.get("PROVE") == "1"


@dataclass(frozen=True)
class Answer:
    """Status 0: the connection broke before a status line came."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


async def call(
    port: int,
    target: str,
    key: str,
    seconds: float = 20,
    method: str = "GET",
    source: str = "127.0.0.1",
    proof: str = "",
) -> Answer:
    """One call without a body, with a key, or with a token, which is bound where there is a proof. A connection that
    breaks is an answer too: the client's view of a dead gateway."""
    keep_keys_in(key)
    authorization = f"DPoP {key}\r\nDPoP: {proof}" if proof else f"Bearer {key}"
    try:
        # Not wait_for: it may swallow the cancellation of a caller that is let go.
        async with asyncio.timeout(seconds):
            return await _exchange(port, target, method, source, authorization)
    except (OSError, asyncio.IncompleteReadError, TimeoutError):
        return Answer(0)


async def _exchange(port: int, target: str, method: str, source: str, authorization: str) -> Answer:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        lines = [
            f"{method} {target} HTTP/1.1",
            "Host: localhost",
            f"Authorization: {authorization}",
            "Connection: close",
        ]
        if method != "GET":
            lines.append("Content-Length: 0")
        writer.write("\r\n".join([*lines, "", ""]).encode())
        return _parse(await reader.read())
    finally:
        writer.close()


def _parse(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    if not status:
        return Answer(0)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int(status.split()[1]), headers, body)


async def call_at_once(port: int, target: str, key: str, clients: int) -> list[Answer]:
    """As many calls as clients, all at the same time."""
    return list(await asyncio.gather(*(call(port, target, key) for _ in range(clients))))


class Load:
    """Clients that call one after the other until stopped; `answers` grows as they go. With a pause between its calls
    a client stays below the limits of its plan."""

    def __init__(
        self, port: int, target: str, key: str, clients: int, source: str = "127.0.0.1", pause_seconds: float = 0
    ) -> None:
        self.answers: list[Answer] = []
        self._going = True
        self._pause_seconds = pause_seconds
        self._clients = [asyncio.create_task(self._go_on(port, target, key, source)) for _ in range(clients)]

    async def _go_on(self, port: int, target: str, key: str, source: str) -> None:
        while self._going:
            answer = await call(port, target, key, source=source)
            self.answers.append(answer)
            await asyncio.sleep(self._pause_seconds if answer.status else 0.05)

    async def reach(self, answers: int, status: int = 200) -> None:
        """Wait until so many more answers of a status have come. Raises TimeoutError."""
        goal = self._count(status) + answers
        async with asyncio.timeout(60):
            while self._count(status) < goal:
                await asyncio.sleep(0.01)

    def _count(self, status: int) -> int:
        return sum(answer.status == status for answer in self.answers)

    async def stop(self) -> None:
        """Let every client finish the call it is in."""
        self._going = False
        await asyncio.gather(*self._clients)
