"""What one worker counts: plain integers in memory, so that a call costs a microsecond or two. Text is made on scrape.

Labels are names of published APIs and versions, outcomes, and slugs of the problem table: never a key, path, address
or anything else that a caller chooses.
"""

from bisect import bisect_left

from contract.calls import Outcome
from gateway.metrics.tally import ADDED_US, BATCH_CALLS, TOTAL_US, VALKEY_US, Histogram, Series, Tally

_SERIES_MAX = 500
_OTHER = "other"


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
