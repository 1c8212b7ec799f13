"""Percentiles of durations."""

from collections.abc import Sequence

NEWEST_CALLS = 5000
"""From how many calls percentiles are drawn: enough to be steady, few enough to be sorted for each page."""


def percentile_ms(sorted_us: Sequence[int], percent: int) -> float | None:
    """Milliseconds below or at which `percent` of 100 durations lie (nearest rank); None without any."""
    return sorted_us[max((len(sorted_us) * percent + 99) // 100, 1) - 1] / 1000 if sorted_us else None
