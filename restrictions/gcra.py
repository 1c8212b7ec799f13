"""A throttle over logged times: the same whole numbers as the admission script's (contract/lua/admit.lua)."""

import math
from collections import defaultdict

from contract.records import Throttle


class Throttled:
    """Counts calls as gateways would have, each as one; each organisation has a counter of its own."""

    def __init__(self, throttle: Throttle) -> None:
        period_ms = throttle.period_seconds * 1000
        divisor = math.gcd(throttle.amount, period_ms)
        self._ticks_per_ms = throttle.amount // divisor
        self._ticks_per_call = period_ms // divisor
        self._most_ticks = (throttle.burst or throttle.amount) * self._ticks_per_call
        self._arrival: defaultdict[str, int] = defaultdict(int)

    def admits(self, organisation: str, at_ms: int) -> bool:
        """Whether a call fits; one that does is spent. Calls come in the order of their times."""
        here = at_ms * self._ticks_per_ms
        after = max(self._arrival[organisation], here) + self._ticks_per_call
        if after - here > self._most_ticks:
            return False
        self._arrival[organisation] = after
        return True
