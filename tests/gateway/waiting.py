"""Wait for what must come true soon, instead of sleeping and hoping."""

import asyncio
import time
from collections.abc import Callable


async def until(is_true: Callable[[], object], seconds: float = 30, what: str = "it") -> float:
    """Return after how many seconds it came true. Raises AssertionError where it never did."""
    began = time.monotonic()
    while not is_true():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"{what} did not come true within {seconds} seconds")
        await asyncio.sleep(0.01)
    return time.monotonic() - began
