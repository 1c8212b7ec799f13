"""Who waits for calls: one reader of the arrivals channel per process, ringing the bells of the open event streams.

A bell says only that something came. Whoever hears it looks into the log, so a slow stream holds nothing back and
nothing is queued for it.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis.asyncio
import structlog

from contract.settings import settings
from contract.valkey_keys import ARRIVALS

log = structlog.get_logger(__name__)
PING_SECONDS = 10.0
RETRY_SECONDS = 1.0


class Arrivals:
    """Reads for as long as somebody listens; a lost Valkey is waited out, then every bell rings."""

    def __init__(self) -> None:
        self._bells: dict[str, set[asyncio.Event]] = {}
        self._reader: asyncio.Task[None] | None = None

    @contextmanager
    def listen(self, application: str) -> Iterator[asyncio.Event]:
        """A bell that rings when calls of the application (public id) have come into the log."""
        bell = asyncio.Event()
        self._bells.setdefault(application, set()).add(bell)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.get_running_loop().create_task(self._read())
        try:
            yield bell
        finally:
            self._leave(application, bell)

    def _leave(self, application: str, bell: asyncio.Event) -> None:
        self._bells[application].discard(bell)
        if not self._bells[application]:
            del self._bells[application]
        if not self._bells and self._reader:
            self._reader.cancel()
            self._reader = None

    async def _read(self) -> None:
        while True:
            try:
                async with redis.asyncio.Redis.from_url(settings().valkey_url, socket_connect_timeout=2) as client:
                    await self._follow(client)
            except (redis.RedisError, OSError, ValueError) as error:
                log.info("arrivals_lost", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self, client: redis.asyncio.Redis) -> None:
        async with client.pubsub() as channel:
            await channel.subscribe(ARRIVALS)
            is_asked = False
            while True:
                message = await channel.get_message(timeout=PING_SECONDS)
                if message is None:
                    if is_asked:
                        raise redis.TimeoutError("no answer to a ping")
                    await channel.ping()
                is_asked = message is None
                self._heed(message)

    def _heed(self, message: dict[str, Any] | None) -> None:
        if message and message["type"] == "subscribe":
            for application in self._bells:  # for what came while nobody listened
                self._ring(application)
        elif message and message["type"] == "message":
            self._ring(message["data"].decode(errors="replace"))

    def _ring(self, application: str) -> None:
        for bell in self._bells.get(application, ()):
            bell.set()


arrivals = Arrivals()
