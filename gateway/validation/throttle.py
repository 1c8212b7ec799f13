"""Throttle keys that keep sending invalid requests: refusing costs them nothing, but finding out costs us.

A token bucket (GCRA) a credential: an invalid request takes a token, and who has none left is refused unread. Memory is
bounded: of too many credentials those are forgotten that have been quiet the longest.
"""

import math
import time
from collections.abc import Callable

from gateway.refusal import Refused

INVALID_MAX = 20
PERIOD_SECONDS = 10.0
_CREDENTIALS_MAX = 20_000
_SECONDS_EACH = PERIOD_SECONDS / INVALID_MAX
_DETAIL = "Too many of your requests were not valid. Wait for Retry-After, and mend them."


class InvalidRequests:
    """Of this worker; `now` in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._full_at: dict[str, float] = {}

    def refuse_spent(self, credential: str) -> None:
        """Raises Refused("too-many-attempts") where the bucket is empty."""
        full_at = self._full_at.get(credential)
        if full_at is None:
            return
        wait_seconds = full_at - self._now() - PERIOD_SECONDS + _SECONDS_EACH
        if wait_seconds > 1e-6:
            retry_after = b"%d" % math.ceil(wait_seconds)
            raise Refused("too-many-attempts", detail=_DETAIL, headers=((b"Retry-After", retry_after),))

    def count(self, credential: str) -> None:
        """One invalid request more."""
        now = self._now()
        full_at = max(self._full_at.pop(credential, now), now) + _SECONDS_EACH
        if len(self._full_at) >= _CREDENTIALS_MAX:
            del self._full_at[next(iter(self._full_at))]
        self._full_at[credential] = full_at
