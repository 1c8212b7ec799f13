"""Request ids: UUIDv7 (RFC 9562, section 5.7), so that they sort by time."""

import os
import time


def new_request_id() -> str:
    """A UUIDv7 as text, from the wall clock and 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
