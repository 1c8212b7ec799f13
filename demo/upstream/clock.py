"""The time as the journal and the ``Date`` header write it."""

import time
from email.utils import formatdate


class Clock:
    """Formats each second once; a busy server asks thousands of times a second."""

    def __init__(self) -> None:
        self._second = -1
        self._prefix = ""
        self._date = b""

    def now(self) -> str:
        """ISO 8601, UTC, milliseconds: ``2026-11-24T08:30:00.123Z``."""
        milliseconds = time.time_ns() // 1_000_000
        self._turn_to(milliseconds // 1000)
        return f"{self._prefix}.{milliseconds % 1000:03d}Z"

    def http_date(self) -> bytes:
        """The second of the last ``now()``, as RFC 9110, 5.6.7 has it."""
        return self._date

    def _turn_to(self, second: int) -> None:
        if second != self._second:
            self._second = second
            self._prefix = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._date = formatdate(second, usegmt=True).encode()
