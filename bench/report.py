"""A run's figures as a table for people and as JSON for machines."""

import os
import platform
from typing import Any

from bench.figures import Round, cost, paced, ratio
from bench.growth import Growth
from bench.rows import ALL_ON, KEY, PLAIN, TOKEN, Measured

_COLUMNS = ("cpu_us_per_call", "valkey_us_per_call", "calls_per_second", "p50_ms", "p99_ms", "memory_mb")
_HEADINGS = ("CPU µs/call", "Valkey µs", "calls/s", "p50 ms", "p99 ms", "MB")
_PEERS = {"ratio_nginx": "nginx", "ratio_envoy": "Envoy"}


def table(measured: dict[str, Measured]) -> str:
    """One line a row; p50 and p99 are those at half load."""
    lines = [f"{'':26}" + "".join(f"{heading:>13}" for heading in _HEADINGS)]
    for name, one in measured.items():
        figures = row_figures(one)
        lines.append(f"{name:26}" + "".join(f"{figures[column]:13,.2f}" for column in _COLUMNS))
    return "\n".join(lines)


def short_table(rows: dict[str, list[Round]]) -> str:
    """Of full load alone; `times` is each row's CPU over the first one's."""
    lines = [f"{'':26}{'CPU µs/call':>13}{'Valkey µs':>13}{'calls/s':>13}{'times':>13}"]
    first = next(iter(rows.values()))
    for name, rounds in rows.items():
        figures = (*cost(rounds), ratio(rounds, first))
        lines.append(f"{name:26}" + "".join(f"{figure:13,.2f}" for figure in figures))
    return "\n".join(lines)


def row_figures(one: Measured) -> dict[str, float]:
    """Medians of a row."""
    at_half = paced(one.paced)
    figures = {**cost(one.rounds)._asdict(), **at_half._asdict(), "memory_mb": one.memory_bytes / 2**20}
    return {name: round(value, 3) for name, value in figures.items()}


def report(measured: dict[str, Measured], growth: Growth, beside_slow: float) -> dict[str, Any]:
    """What bench.json holds. A ratio whose peer is missing is left out."""
    ours = measured[ALL_ON]
    at_half, direct = paced(ours.paced), paced(ours.direct)
    ratios = {
        key: round(ratio(ours.rounds, one.rounds), 3)
        for key, peer in _PEERS.items()
        for name, one in measured.items()
        if name.startswith(peer)
    }
    return {
        **ratios,
        "ratio_token": round(ratio(measured[TOKEN].rounds, measured[KEY].rounds), 3),
        "ratio_not_compiled": round(ratio(measured[PLAIN].rounds, ours.rounds), 3),
        "growth_keys": _growth(growth, "keys"),
        "growth_operations": _growth(growth, "operations"),
        "bytes_per_cached_key": round(growth.bytes_per_cached_key),
        "added_p50_ms": round(at_half.p50_ms - direct.p50_ms, 3),
        "added_p99_ms": round(at_half.p99_ms - direct.p99_ms, 3),
        "slow_clients_p99": round(beside_slow, 3),
        "rows": {name: row_figures(one) for name, one in measured.items()},
        "growth": {
            subject: {str(size): round(cost(rounds).cpu_us_per_call, 1) for size, rounds in sizes.items()}
            for subject, sizes in growth.rounds.items()
        },
        "machine": {"cores": os.cpu_count(), "system": f"{platform.system()} {platform.release().split('-')[0]}"},
    }


def _growth(growth: Growth, subject: str) -> float:
    """CPU per call at the largest size over that at the smallest."""
    sizes = growth.rounds[subject]
    return round(ratio(sizes[max(sizes)], sizes[min(sizes)]), 3)
