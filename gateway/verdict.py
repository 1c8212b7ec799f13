"""What the admission script said of one call."""

import msgspec


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """`numbers` are three per limit: remaining, reset_ms and wait_ms (0: it fits)."""

    admitted: bool
    at_ms: int
    numbers: list[int]
