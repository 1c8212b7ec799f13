"""What of `make bench` could be wrong without anybody seeing it: arithmetic, configurations, what it reports."""

import json

import pytest
import yaml

from bench import peers
from bench.documents import MASKED, PERSON_BYTES, person
from bench.figures import Paced, Round, cost, ratio
from bench.growth import Growth
from bench.load import summary
from bench.report import report
from bench.rows import ALL_ON, KEY, PLAIN, TOKEN, Measured


def rounds(*us_per_call: float) -> list[Round]:
    return [Round(1000, 2.0, us * 1000 / 1e6, 0.01) for us in us_per_call]


def test_it_takes_medians_so_that_one_disturbed_round_changes_nothing() -> None:
    assert cost(rounds(50, 9_000, 52)) == pytest.approx((52, 10, 500))


def test_it_compares_rounds_that_ran_side_by_side() -> None:
    """A machine that slows down halfway changes both of a pair."""
    assert ratio(rounds(60, 120, 600), rounds(20, 40, 200)) == pytest.approx(3)


def test_times_are_those_of_calls_and_not_of_rounds() -> None:
    times = [0.001] * 98 + [0.2] * 2
    assert summary(times, 2.0, 0) == {"calls": 100, "seconds": 2.0, "failed": 0, "p50_ms": 1.0, "p99_ms": 200.0}


def test_it_reports_every_figure_and_leaves_out_ratios_of_missing_peers() -> None:
    def row(us: float, p50_ms: float) -> Measured:
        return Measured(rounds(us), [Paced(p50_ms, 3.0)], [Paced(0.2, 1.0)], 1 << 20)

    sizes = {10: rounds(50), 10_000: rounds(55)}
    growth = Growth(dict.fromkeys(("keys", "operations", "body_kb", "rules"), sizes), 812.4)
    rows = {"nginx, bare proxy": row(20, 0.3), KEY: row(40, 0.4), ALL_ON: row(60, 0.6), TOKEN: row(42, 0.4)}
    rows[PLAIN] = row(78, 0.7)
    found = report(rows, growth, 1.04)
    assert (found["ratio_nginx"], found["ratio_token"], found["ratio_not_compiled"]) == (3, 1.05, 1.3)
    assert "ratio_envoy" not in found
    assert found["slow_clients_p99"] == 1.04
    assert (found["growth_keys"], found["growth_operations"], found["bytes_per_cached_key"]) == (1.1, 1.1, 812)
    assert (found["added_p50_ms"], found["added_p99_ms"]) == (0.4, 2.0)
    assert set(found["rows"][ALL_ON]) == {
        *("cpu_us_per_call", "valkey_us_per_call", "calls_per_second", "p50_ms", "p99_ms", "memory_mb")
    }
    json.dumps(found)


def test_configurations_name_their_ports_and_keys() -> None:
    ports = {"port": 4711, "upstream_port": 4712}
    envoy = yaml.safe_load(
        peers.render("envoy.yaml", work="/tmp", credentials='[{"key": "k", "client": "c"}]', limits="[]", **ports)
    )
    assert envoy["static_resources"]["listeners"][0]["address"]["socket_address"]["port_value"] == 4711
    assert "listen 127.0.0.1:4711;" in peers.render("nginx.conf", work="/tmp", **ports)
    assert "bind 127.0.0.1:4711" in peers.render("haproxy.cfg", **ports)
    with pytest.raises(KeyError):
        peers.render("haproxy.cfg", port=1)


def test_the_answer_is_as_long_as_stated_and_holds_what_is_masked() -> None:
    document = json.loads(person())
    assert len(person()) == PERSON_BYTES
    assert all(path.removeprefix("$.").split(".")[0].split("[")[0] in document for path in MASKED)
