"""A day of calls as a few bars: x in percent, y in pixels, so that it fits any width."""

from collections.abc import Sequence
from typing import NamedTuple, Self

HEIGHT_PIXELS = 24
_GAP_PERCENT = 0.6


class Bar(NamedTuple):
    """One hour; `x` and `width` in percent, `y` and `height` in pixels."""

    x: str
    width: str
    y: int
    height: int


class Spark(NamedTuple):
    """What components/spark.html draws, and the sum in words' place."""

    bars: list[Bar]
    calls: int
    busiest: int

    @classmethod
    def of(cls, hours: Sequence[int]) -> Self:
        """From the calls of each hour, the oldest first. An hour with a call shows at least one pixel."""
        most, width = max(hours, default=0), 100 / max(len(hours), 1)
        heights = [max(1, round(calls / most * HEIGHT_PIXELS)) if calls else 0 for calls in hours]
        bars = [
            Bar(f"{index * width:.2f}%", f"{width - _GAP_PERCENT:.2f}%", HEIGHT_PIXELS - height, height)
            for index, height in enumerate(heights)
            if height
        ]
        return cls(bars, sum(hours), most)
