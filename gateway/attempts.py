"""Throttle guessing: a credential that this process does not know costs its network a token before it is looked up.

The token comes back when the credential turns out to be good, so keys in use are never throttled by a bad neighbour:
only keys seen for the first time wait while their network floods. Malformed credentials have buckets of their own, so
that they cannot spend what look-ups need. Memory is bounded: of too many networks those are forgotten that have been
quiet the longest.
"""

import math
import time
from collections.abc import Callable
from functools import lru_cache

from gateway.address import network_of
from gateway.refusal import Refused

_NETWORKS_MAX = 20_000
_network_of = lru_cache(maxsize=4096)(network_of)


class Attempts:
    """One token bucket (GCRA) a network and kind, of `per_minute` tokens, refilled within a minute."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds_each = 60 / per_minute
        self._now = now
        self._full_at: dict[tuple[str, str], float] = {}

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

    def _keep(self, key: tuple[str, str], full_at: float) -> None:
        self._full_at.pop(key, None)
        if len(self._full_at) >= _NETWORKS_MAX:
            del self._full_at[next(iter(self._full_at))]
        self._full_at[key] = full_at
