"""What one worker has counted: plain numbers in fixed buckets (microseconds, calls)."""

import msgspec

TOTAL_US = (1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000)
ADDED_US = (100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 1_000_000)
VALKEY_US = (100, 250, 500, 1_000, 2_500, 5_000, 10_000, 100_000, 1_000_000)
BATCH_CALLS = (1, 2, 4, 8, 16, 32, 64, 128, 200)


class Histogram(msgspec.Struct, array_like=True):
    """`counts` one a bucket and one for what is above them all."""

    counts: list[int]
    sum: int = 0


def _histogram(bounds: tuple[int, ...]) -> Histogram:
    return Histogram([0] * (len(bounds) + 1))


class Series(msgspec.Struct, array_like=True):
    """The calls of one version. `added`: what the gateway took of them, without the upstream's part."""

    outcomes: dict[str, int] = {}
    total: Histogram = msgspec.field(default_factory=lambda: _histogram(TOTAL_US))
    added: Histogram = msgspec.field(default_factory=lambda: _histogram(ADDED_US))


class Tally(msgspec.Struct):
    """What only grows. `calls` by API and version; without either name where none was found."""

    calls: dict[str, dict[str, Series]] = {}
    problems: dict[str, int] = {}
    preflights: dict[str, int] = {}
    batches: Histogram = msgspec.field(default_factory=lambda: _histogram(BATCH_CALLS))
    admissions: Histogram = msgspec.field(default_factory=lambda: _histogram(VALKEY_US))
    starts: int = 0
