"""Request ids: UUID version 7 (RFC 9562, section 5.7), so that they sort by time."""

import os
import time


class RequestIds:
    """Mints ids; draws randomness for many at once, because each draw is a system call."""

    __slots__ = ("_at", "_pool")
    _POOL_BYTES = 4000

    def __init__(self) -> None:
        self._pool = b""
        self._at = self._POOL_BYTES

    def mint(self) -> str:
        """A new id in its canonical text form."""
        if self._at >= len(self._pool):
            self._pool, self._at = os.urandom(self._POOL_BYTES), 0
        random = self._pool[self._at : self._at + 10]
        self._at += 10
        return uuid7(time.time_ns() // 1_000_000, random)


def uuid7(unix_ms: int, random: bytes) -> str:
    """48 bits of time, version, 12 random bits, variant, 62 random bits; `random` is ten bytes."""
    bits = int.from_bytes(random, "big")
    high = unix_ms << 16 | 0x7000 | (bits >> 68 & 0xFFF)
    low = 0x8000_0000_0000_0000 | (bits & 0x3FFF_FFFF_FFFF_FFFF)
    text = f"{high:016x}{low:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
