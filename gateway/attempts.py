"""Throttle guessing: a credential that this process does not know costs its network a token before it is looked up.

The token comes back when the credential turns out to be good, so keys in use are never throttled by a bad neighbour:
only keys seen for the first time wait while their network floods. Where it is look-ups under way that hold all tokens,
the next one waits for them instead of being refused: after a restart, good keys of one network come by the hundred at
once. Malformed credentials have buckets of their own, so
that they cannot spend what look-ups need. Memory is bounded: of too many networks those are forgotten that have been
quiet the longest.
"""

import asyncio
import contextlib
import math
import time
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable
from functools import lru_cache

from gateway.address import network_of
from gateway.refusal import Refused

_NETWORKS_MAX = 20_000
_network_of = lru_cache(maxsize=4096)(network_of)


Bucket = tuple[str, str]
"""A network and a kind of attempt."""


class LookUp:
    """One that is under way; who finds nothing says that it was `in_vain`."""

    __slots__ = ("in_vain",)

    def __init__(self) -> None:
        self.in_vain = False


class Attempts:
    """One token bucket (GCRA) a network and kind, of `per_minute` tokens, refilled within a minute."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds_each = 60 / per_minute
        self._now = now
        self._full_at: dict[Bucket, float] = {}
        self._under_way: Counter[Bucket] = Counter()
        self._waiting: defaultdict[Bucket, deque[asyncio.Future[None]]] = defaultdict(deque)

    def take(self, address: str, kind: str) -> None:
        """Take a token. Raises Refused("too-many-attempts") where there is none."""
        key, now = (_network_of(address), kind), self._now()
        full_at = max(self._full_at.get(key, now), now) + self._seconds_each
        wait_seconds = full_at - now - 60
        if wait_seconds > 1e-6:
            raise Refused("too-many-attempts", headers=((b"Retry-After", b"%d" % math.ceil(wait_seconds)),))
        self._keep(key, full_at)

    def give_back(self, address: str, kind: str) -> None:
        """The credential was good, or could not be looked up."""
        key = (_network_of(address), kind)
        if key in self._full_at:
            self._full_at[key] -= self._seconds_each

    @contextlib.asynccontextmanager
    async def look_up(self, address: str, kind: str) -> AsyncIterator[LookUp]:
        """Take a token for as long as a look-up takes, and for good where it was in vain. Raises Refused."""
        key, look_up = (_network_of(address), kind), LookUp()
        await self._take_in_turn(address, key)
        try:
            yield look_up
        finally:
            if not look_up.in_vain:
                self.give_back(address, kind)
            self._settle(key)

    async def _take_in_turn(self, address: str, key: Bucket) -> None:
        while True:
            try:
                self.take(address, key[1])
            except Refused:
                if not self._under_way[key]:
                    raise
            else:
                self._under_way[key] += 1
                return
            ended = asyncio.get_running_loop().create_future()
            self._waiting[key].append(ended)
            await ended

    def _settle(self, key: Bucket) -> None:
        """Let the next one try; once none is under way all that wait, since nothing will come back any more."""
        self._under_way[key] -= 1
        waiting = self._waiting[key]
        is_last = not self._under_way[key]
        while waiting:
            ended = waiting.popleft()
            if not ended.done():
                ended.set_result(None)
                if not is_last:
                    break
        if is_last:
            del self._under_way[key]
        if not waiting:
            del self._waiting[key]

    def _keep(self, key: Bucket, full_at: float) -> None:
        self._full_at.pop(key, None)
        if len(self._full_at) >= _NETWORKS_MAX:
            del self._full_at[next(iter(self._full_at))]
        self._full_at[key] = full_at
