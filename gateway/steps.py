"""Where a call's time went: `Server-Timing` (W3C Server Timing, section 3), for keys that may know and ask for it."""

import time
from typing import NamedTuple

DEBUG_FIELD = b"x-portcullis-debug"
PARSE, POLICY, VALIDATE, ADMIT, UPSTREAM, MASK = b"parse", b"policy", b"validate", b"admit", b"upstream", b"mask"


class Step(NamedTuple):
    """A step and when it ended."""

    name: bytes
    ended_ns: int


class Steps:
    """The steps of one call in their order. One that had to be repeated stands there again."""

    __slots__ = ("_ended", "_started_ns")

    def __init__(self, started_ns: int) -> None:
        self._started_ns = started_ns
        self._ended: list[Step] = []

    def end(self, name: bytes) -> None:
        """This step ends now."""
        self._ended.append(Step(name, time.perf_counter_ns()))

    def line(self) -> bytes:
        """The header line, in milliseconds; empty before the first step has ended."""
        if not self._ended:
            return b""
        starts = [self._started_ns, *(step.ended_ns for step in self._ended)]
        parts = [
            b"%b;dur=%.3f" % (step.name, (step.ended_ns - start) / 1e6)
            for step, start in zip(self._ended, starts, strict=False)
        ]
        return b"Server-Timing: %b\r\n" % b", ".join(parts)
