"""The text that Prometheus reads (format 0.0.4): counters and histograms over all workers, gauges one by one.

It comes in small parts, so that whoever makes it can serve calls between them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gateway.metrics.board import Gauges, Snapshot
from gateway.metrics.tally import ADDED_US, BATCH_CALLS, TOTAL_US, VALKEY_US, Histogram, Series

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_MICRO = 1e-6


class Metric(NamedTuple):
    """`kind` is counter, gauge or histogram."""

    name: str
    kind: str
    about: str
    labels: tuple[str, ...] = ()


_CALL = ("api", "version")
CALLS = Metric("portcullis_calls_total", "counter", "Calls of known callers.", (*_CALL, "outcome"))
TOTAL = Metric("portcullis_call_seconds", "histogram", "From a call's head to its end.", _CALL)
ADDED = Metric("portcullis_added_seconds", "histogram", "What the gateway took until an answer began.", _CALL)
PROBLEMS = Metric("portcullis_problems_total", "counter", "Problems answered.", ("type",))
PREFLIGHTS = Metric("portcullis_preflights_total", "counter", "CORS preflights answered.", ("result",))
BATCHES = Metric("portcullis_admission_batch_calls", "histogram", "Calls that one admission script decided.")
ADMISSIONS = Metric("portcullis_admission_seconds", "histogram", "Time until Valkey answered an admission script.")
STARTS = Metric("portcullis_worker_starts_total", "counter", "Starts of a worker.", ("worker",))
POOL = Metric("portcullis_upstream_connections", "gauge", "Connections to upstreams.", ("worker", "state"))
AGE = Metric("portcullis_snapshot_age_seconds", "gauge", "Age of a worker's figures.", ("worker",))
FEED_AGE = Metric(
    "portcullis_feed_age_seconds", "gauge", "Time since the change feed was known to be read.", ("worker",)
)
READY = Metric("portcullis_ready", "gauge", "Whether calls can be admitted.", ("worker",))
UNDER_WAY = Metric("portcullis_calls_under_way", "gauge", "Calls under way.", ("worker",))
CLIENTS = Metric("portcullis_client_connections", "gauge", "Connections of clients.", ("worker",))
UNCONFIRMED = Metric("portcullis_unconfirmed_rows", "gauge", "Ended calls that Valkey has not confirmed.", ("worker",))
WAITING = Metric("portcullis_upstream_waiting", "gauge", "Calls that wait for an upstream's connection.", ("worker",))
METRICS = (
    *(CALLS, TOTAL, ADDED, PROBLEMS, PREFLIGHTS, BATCHES, ADMISSIONS, STARTS, POOL, AGE, FEED_AGE, READY, UNDER_WAY),
    *(CLIENTS, UNCONFIRMED, WAITING),
)


def exposition(snapshots: Mapping[int, Snapshot], now: float) -> Iterator[str]:
    """`snapshots` by the worker's place; `now` is time.monotonic()."""
    tallies = [snapshot.tally for snapshot in snapshots.values()]
    yield from _calls(snapshots.values())
    yield _counted(PROBLEMS, [one.problems for one in tallies])
    yield _counted(PREFLIGHTS, [one.preflights for one in tallies])
    yield _head(BATCHES) + _histogram(BATCHES, (), BATCH_CALLS, [one.batches for one in tallies], 1)
    yield _head(ADMISSIONS) + _histogram(ADMISSIONS, (), VALKEY_US, [one.admissions for one in tallies], _MICRO)
    yield _by_worker(STARTS, {place: one.tally.starts for place, one in snapshots.items()})
    yield _pools(snapshots)
    gauges = {place: snapshot.gauges for place, snapshot in snapshots.items()}
    for metric, values in _gauges(gauges, now):
        yield _by_worker(metric, values)


def _gauges(gauges: dict[int, Gauges], now: float) -> Iterator[tuple[Metric, dict[int, float]]]:
    yield AGE, {place: now - one.at for place, one in gauges.items()}
    yield FEED_AGE, {place: now - one.at + one.feed_age_seconds for place, one in gauges.items()}
    yield READY, {place: int(one.is_ready) for place, one in gauges.items()}
    yield UNDER_WAY, {place: one.calls_under_way for place, one in gauges.items()}
    yield CLIENTS, {place: one.client_connections for place, one in gauges.items()}
    yield UNCONFIRMED, {place: one.unconfirmed_rows for place, one in gauges.items()}
    yield WAITING, {place: one.upstream_waiting for place, one in gauges.items()}


def _calls(snapshots: Iterable[Snapshot]) -> Iterator[str]:
    """Each version's figures, of all workers."""
    rows: dict[tuple[str, str], list[Series]] = {}
    for snapshot in snapshots:
        for api, versions in snapshot.tally.calls.items():
            for version, series in versions.items():
                rows.setdefault((api, version), []).append(series)
    yield _head(CALLS)
    for names, parts in rows.items():
        outcomes = _summed([series.outcomes for series in parts])
        yield "".join(_line(CALLS, (*names, outcome), count) for outcome, count in sorted(outcomes.items()))
    yield _head(TOTAL)
    for names, parts in rows.items():
        yield _histogram(TOTAL, names, TOTAL_US, [series.total for series in parts], _MICRO)
    yield _head(ADDED)
    for names, parts in rows.items():
        yield _histogram(ADDED, names, ADDED_US, [series.added for series in parts], _MICRO)


def _pools(snapshots: Mapping[int, Snapshot]) -> str:
    rows = ((place, one.gauges.upstream_connections) for place, one in snapshots.items())
    lines = (_line(POOL, (str(place), state), count) for place, counts in rows for state, count in counts.items())
    return _head(POOL) + "".join(lines)


def _by_worker(metric: Metric, values: Mapping[int, float]) -> str:
    return _head(metric) + "".join(_line(metric, (str(place),), value) for place, value in values.items())


def _counted(metric: Metric, counts: list[dict[str, int]]) -> str:
    summed = sorted(_summed(counts).items())
    return _head(metric) + "".join(_line(metric, (value,), count) for value, count in summed)


def _summed(counts: list[dict[str, int]]) -> Counter[str]:
    together: Counter[str] = Counter()
    for one in counts:
        together.update(one)
    return together


def _histogram(
    metric: Metric, names: tuple[str, ...], bounds: tuple[int, ...], parts: list[Histogram], unit: float
) -> str:
    """Its buckets count whatever is not above their bound."""
    inner = ",".join([*_labels(metric.labels, names), 'le="'])
    counts = [sum(column) for column in zip(*(part.counts for part in parts), strict=True)] or [0] * (len(bounds) + 1)
    running, lines = 0, []
    for bound, count in zip([*(f"{bound * unit:g}" for bound in bounds), "+Inf"], counts, strict=True):
        running += count
        lines.append(f'{metric.name}_bucket{{{inner}{bound}"}} {running}\n')
    total = sum(part.sum for part in parts) * unit
    outer = _braced(metric.labels, names)
    return f"{''.join(lines)}{metric.name}_count{outer} {running}\n{metric.name}_sum{outer} {total}\n"


def _head(metric: Metric) -> str:
    return f"# HELP {metric.name} {metric.about}\n# TYPE {metric.name} {metric.kind}\n"


def _line(metric: Metric, names: tuple[str, ...], value: float) -> str:
    return f"{metric.name}{_braced(metric.labels, names)} {value}\n"


def _braced(labels: tuple[str, ...], names: tuple[str, ...]) -> str:
    return f"{{{','.join(_labels(labels, names))}}}" if labels else ""


def _labels(labels: tuple[str, ...], names: tuple[str, ...]) -> list[str]:
    return [f'{label}="{_escaped(name)}"' for label, name in zip(labels, names, strict=True)]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
