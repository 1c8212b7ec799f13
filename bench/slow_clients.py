"""What others notice of clients that take their time: the p99 of calls beside them over that without them."""

from statistics import median

from bench.ground import Ground, Row

CLIENTS = 1_000
_ROUNDS = 5
_SECONDS = 1.5


def measure_slow_clients(ground: Ground, row: Row, calls_per_second: float) -> float:
    """Median over interleaved rounds at a fixed rate."""
    print(f"==> {CLIENTS:,} slow clients", flush=True)
    found = []
    for _ in range(_ROUNDS):
        without = ground.pace(row, _SECONDS, calls_per_second)
        with ground.dripping(row.server, CLIENTS):
            found.append(ground.pace(row, _SECONDS, calls_per_second).p99_ms / without.p99_ms)
    return median(found)
