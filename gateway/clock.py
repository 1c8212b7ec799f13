"""Valkey's clock as this process knows it: everything that starts or ends by itself is judged on it."""

import time


class Clock:
    """Runs on the monotonic clock, set by Valkey's answers, so that a jump of this machine's clock changes nothing."""

    __slots__ = ("_offset_ms",)

    def __init__(self) -> None:
        self._offset_ms = time.time() * 1000 - time.monotonic() * 1000

    def set(self, valkey_ms: int, asked_at: float) -> None:
        """`asked_at`: time.monotonic() when the question was sent; the answer lies halfway between then and now."""
        self._offset_ms = valkey_ms - (asked_at + time.monotonic()) / 2 * 1000

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return self.at_ms(time.monotonic())

    def at_ms(self, monotonic: float) -> int:
        """Milliseconds since the epoch at a moment of time.monotonic()."""
        return int(monotonic * 1000 + self._offset_ms)
