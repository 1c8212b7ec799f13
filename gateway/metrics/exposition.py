"""The text that Prometheus reads: one counter or histogram over all workers, gauges worker by worker."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from gateway.metrics.board import Snapshot
from gateway.metrics.counters import ADDED_US, BATCH_CALLS, TOTAL_US, VALKEY_US, Histogram, Series, Tally

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
_MICRO = 1e-6


class Exposition(Collector):
    """`snapshots` by the worker's place; `now` is time.monotonic()."""

    def __init__(self, snapshots: Mapping[int, Snapshot], now: float) -> None:
        self._snapshots = snapshots
        self._now = now

    def text(self) -> bytes:
        """The exposition, version 0.0.4 of the text format."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def describe(self) -> Iterable[Family]:
        """Nothing to check before the collection: these are the only figures."""
        return ()

    def collect(self) -> Iterator[Family]:
        """All figures."""
        tallies = [snapshot.tally for snapshot in self._snapshots.values()]
        yield from _calls([(api, version, series) for tally in tallies for api, version, series in _flat(tally)])
        yield _counted("portcullis_problems", "Problems answered, by type.", "type", [one.problems for one in tallies])
        preflights = [one.preflights for one in tallies]
        yield _counted("portcullis_preflights", "CORS preflights answered.", "result", preflights)
        batches, waits = [one.batches for one in tallies], [one.admissions for one in tallies]
        about = "Calls that one admission script decided."
        yield _one("portcullis_admission_batch_calls", about, BATCH_CALLS, batches, 1)
        about = "Time until Valkey answered an admission script."
        yield _one("portcullis_admission_seconds", about, VALKEY_US, waits, _MICRO)
        yield from self._gauges()

    def _gauges(self) -> Iterator[Family]:
        starts = CounterMetricFamily("portcullis_worker_starts", "Starts of a worker.", labels=["worker"])
        pools = GaugeMetricFamily(
            "portcullis_upstream_connections", "Connections to upstreams.", labels=["worker", "state"]
        )
        for place, snapshot in self._snapshots.items():
            starts.add_metric([str(place)], snapshot.tally.starts)
            for state, count in snapshot.gauges.upstream_connections.items():
                pools.add_metric([str(place), state], count)
        yield starts
        yield pools
        for name, (about, values) in self._plain_gauges().items():
            gauge = GaugeMetricFamily(f"portcullis_{name}", about, labels=["worker"])
            for place, value in values.items():
                gauge.add_metric([str(place)], value)
            yield gauge

    def _plain_gauges(self) -> dict[str, tuple[str, dict[int, float]]]:
        each = {place: snapshot.gauges for place, snapshot in self._snapshots.items()}
        age = {place: self._now - one.at for place, one in each.items()}
        return {
            "snapshot_age_seconds": ("Age of the worker's figures; above 3 it hangs or is gone.", age),
            "ready": ("Whether the worker may admit calls.", {place: one.is_ready for place, one in each.items()}),
            "feed_age_seconds": (
                "Time since the worker knew that it had read the whole change feed.",
                {place: one.feed_age_seconds + age[place] for place, one in each.items()},
            ),
            "calls_under_way": ("Calls under way.", {place: one.calls_under_way for place, one in each.items()}),
            "client_connections": (
                "Connections of clients.",
                {place: one.client_connections for place, one in each.items()},
            ),
            "unconfirmed_rows": (
                "Ended calls that Valkey has not confirmed.",
                {place: one.unconfirmed_rows for place, one in each.items()},
            ),
            "upstream_waiting": (
                "Calls that wait for a connection to their upstream.",
                {place: one.upstream_waiting for place, one in each.items()},
            ),
        }


def _flat(tally: Tally) -> Iterator[tuple[str, str, Series]]:
    for api, versions in tally.calls.items():
        for version, series in versions.items():
            yield api, version, series


def _calls(rows: list[tuple[str, str, Series]]) -> Iterator[Family]:
    labels = ["api", "version"]
    calls = CounterMetricFamily("portcullis_calls", "Calls of known callers.", labels=[*labels, "outcome"])
    total = HistogramMetricFamily("portcullis_call_seconds", "From a call's head to its end.", labels=labels)
    added = HistogramMetricFamily(
        "portcullis_added_seconds",
        "What the gateway took of answered calls, without the upstream's part.",
        labels=labels,
    )
    for names in dict.fromkeys(row[:2] for row in rows):
        mine = [series for api, version, series in rows if (api, version) == names]
        for outcome, count in sorted(_summed([series.outcomes for series in mine]).items()):
            calls.add_metric([*names, outcome], count)
        _add(total, [*names], TOTAL_US, [series.total for series in mine], _MICRO)
        _add(added, [*names], ADDED_US, [series.added for series in mine], _MICRO)
    yield from (calls, total, added)


def _counted(name: str, about: str, label: str, counts: list[dict[str, int]]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, about, labels=[label])
    for value, count in sorted(_summed(counts).items()):
        family.add_metric([value], count)
    return family


def _summed(counts: list[dict[str, int]]) -> Counter[str]:
    together: Counter[str] = Counter()
    for one in counts:
        together.update(one)
    return together


def _one(
    name: str, about: str, bounds: tuple[int, ...], histograms: list[Histogram], unit: float
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, about, labels=[])
    _add(family, [], bounds, histograms, unit)
    return family


def _add(
    family: HistogramMetricFamily, labels: list[str], bounds: tuple[int, ...], parts: list[Histogram], unit: float
) -> None:
    """Prometheus's buckets count whatever is not above their bound."""
    counts = [sum(column) for column in zip(*(part.counts for part in parts), strict=True)]
    ends = [*(str(float(f"{bound * unit:g}")) for bound in bounds), "+Inf"]
    running, buckets = 0, []
    for end, count in zip(ends, counts, strict=False):
        running += count
        buckets.append((end, running))
    if buckets:
        family.add_metric(labels, buckets, sum(part.sum for part in parts) * unit)
