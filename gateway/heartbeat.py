"""Tell the others that this gateway is alive, and learn Valkey's time by the way."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from contract.scripts import BEAT
from contract.valkey_keys import GATEWAY_BEAT_SECONDS, GATEWAYS
from gateway.clock import Clock
from gateway.valkey_link import ValkeyLink, settle
from gateway.valkey_scripts import send_script

_FORGOTTEN_AFTER_MS = 3_600_000


class Heartbeat:
    """`also` runs with every beat: what is worth doing once a second."""

    def __init__(self, link: ValkeyLink, clock: Clock, gateway: str, also: Callable[[], None]) -> None:
        self._link = link
        self._clock = clock
        self._gateway = gateway
        self._also = also

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(GATEWAY_BEAT_SECONDS)
            if self._link.up.is_set():
                self._send(_ignore)
                self._also()

    async def first(self) -> None:
        """The beat that must have arrived before anything is admitted. Raises LinkLost and hiredis.ReplyError."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._send(lambda reply: settle(done, reply))
        await done

    def _send(self, on_reply: Callable[[Any], object]) -> None:
        asked_at = time.monotonic()

        def take(reply: Any) -> None:
            if isinstance(reply, int):
                self._clock.set(reply, asked_at)
            on_reply(reply)

        send_script(self._link, BEAT, [GATEWAYS], [self._gateway, _FORGOTTEN_AFTER_MS], take)

    async def leave(self) -> None:
        """Sign off: nothing of ours is open any more."""
        await self._link.ask("ZREM", GATEWAYS, self._gateway)


def _ignore(_: object) -> None:
    """The clock was all there was to learn."""
