"""Arithmetic of a run: what a round measured, what several rounds come to, how rows compare."""

from statistics import median
from typing import NamedTuple


class Round(NamedTuple):
    """One server under full load for a few seconds. `valkey_seconds` is 0 for servers that do without."""

    calls: int
    seconds: float
    server_cpu_seconds: float
    valkey_cpu_seconds: float


class Paced(NamedTuple):
    """One server at a fixed rate."""

    p50_ms: float
    p99_ms: float


class Cost(NamedTuple):
    """Medians over rounds."""

    cpu_us_per_call: float
    valkey_us_per_call: float
    calls_per_second: float


def cost(rounds: list[Round]) -> Cost:
    """Medians of each figure over rounds, of which there must be one at least."""
    return Cost(
        median(one.server_cpu_seconds / one.calls for one in rounds) * 1e6,
        median(one.valkey_cpu_seconds / one.calls for one in rounds) * 1e6,
        median(one.calls / one.seconds for one in rounds),
    )


def ratio(over: list[Round], under: list[Round]) -> float:
    """Median of CPU per call of one row over another's, round by round: both of a pair ran within seconds."""
    pairs = zip(over, under, strict=True)
    return median((a.server_cpu_seconds / a.calls) / (b.server_cpu_seconds / b.calls) for a, b in pairs)


def paced(rounds: list[Paced]) -> Paced:
    """Medians over rounds."""
    return Paced(median(one.p50_ms for one in rounds), median(one.p99_ms for one in rounds))
