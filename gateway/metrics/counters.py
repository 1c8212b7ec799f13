"""What one worker counts: plain integers in memory, so that a call costs a microsecond or two. Text is made on scrape.

Labels are names of published APIs and versions, outcomes, and slugs of the problem table: never a key, path, address
or anything else that a caller chooses.
"""

from bisect import bisect_left

import msgspec

from contract.calls import Outcome

TOTAL_US = (1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000)
ADDED_US = (100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 1_000_000)
VALKEY_US = (100, 250, 500, 1_000, 2_500, 5_000, 10_000, 100_000, 1_000_000)
BATCH_CALLS = (1, 2, 4, 8, 16, 32, 64, 128, 200)
_SERIES_MAX = 500
_OTHER = "other"


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


class Counters:
    """Goes on from the tally of the worker whose place this one took, so that no counter ever falls."""

    def __init__(self, tally: Tally | None = None) -> None:
        self.tally = tally or Tally()
        self.tally.starts += 1
        self._series = sum(len(versions) for versions in self.tally.calls.values())

    def ended(self, api: str, version: str, outcome: Outcome, total_us: int, added_us: int) -> None:
        """A call of a known caller has ended; `added_us` below zero: it was never answered by an upstream."""
        note_end(self.series(api, version), outcome, total_us, added_us)

    def series(self, api: str, version: str) -> Series:
        """Where the calls of a version are counted, for `note_end`."""
        versions = self.tally.calls.get(api)
        series = versions.get(version) if versions is not None else None
        if series is None and self._series >= _SERIES_MAX:
            api = version = _OTHER
            series = self.tally.calls.get(api, {}).get(version)
        if series is None:
            series = self.tally.calls.setdefault(api, {})[version] = Series()
            self._series += 1
        return series

    def problem(self, slug: str) -> None:
        """A problem was answered, to whomever."""
        self.tally.problems[slug] = self.tally.problems.get(slug, 0) + 1

    def preflight(self, *, is_let_in: bool) -> None:
        """A preflight was answered."""
        word = "let-in" if is_let_in else "refused"
        self.tally.preflights[word] = self.tally.preflights.get(word, 0) + 1

    def batch(self, calls: int, valkey_us: int) -> None:
        """An admission script has answered, for so many calls."""
        _observe(self.tally.batches, BATCH_CALLS, calls)
        _observe(self.tally.admissions, VALKEY_US, valkey_us)


def note_end(series: Series, outcome: Outcome, total_us: int, added_us: int) -> None:
    """As `Counters.ended`."""
    series.outcomes[outcome] = series.outcomes.get(outcome, 0) + 1
    # Written out: this runs once a call.
    total, added = series.total, series.added
    total.counts[bisect_left(TOTAL_US, total_us)] += 1
    total.sum += total_us
    if added_us >= 0:
        added.counts[bisect_left(ADDED_US, added_us)] += 1
        added.sum += added_us


def _observe(histogram: Histogram, bounds: tuple[int, ...], value: int) -> None:
    histogram.counts[bisect_left(bounds, value)] += 1
    histogram.sum += value
