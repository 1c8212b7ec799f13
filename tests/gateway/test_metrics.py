"""Metrics: what is counted, that no counter ever falls, who may read them, and that no label is a caller's choice."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.metrics.board import Board, Gauges, Snapshot
from gateway.metrics.counters import Counters
from gateway.metrics.exposition import exposition
from gateway.metrics.server import MetricsServer
from gateway.metrics.tally import Tally
from tests.gateway.gateway_process import Answer, Client, GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.upstream_server import UpstreamServer
from tests.gateway.valkey_process import ValkeyProcess
from tests.gateway.waiting import until

TOKEN = b"t" * 40
CALLS = "portcullis_calls_total"
Samples = dict[tuple[str, tuple[str, ...]], float]


def read(text: str) -> Samples:
    """Samples by name and label values, in the order of the labels' names."""
    families = text_string_to_metric_families(text)
    return {
        (one.name, tuple(one.labels[label] for label in sorted(one.labels))): one.value
        for family in families
        for one in family.samples
    }


def calls(figures: Samples) -> float:
    """All that were counted."""
    return sum(value for (name, _), value in figures.items() if name == CALLS)


def ready_workers(figures: Samples) -> set[str]:
    """Those that have shown that they may admit calls."""
    return {labels[0] for (name, labels), value in figures.items() if name == "portcullis_ready" and value}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Watched(GatewayProcess):
    """Two workers whose metrics can be read."""

    def __init__(self, url: str) -> None:
        self.metrics_port = free_port()
        super().__init__(url, workers=2, METRICS_PORT=str(self.metrics_port))

    async def metrics(self) -> str:
        async with Client(self.metrics_port) as client:
            client.writer.write(f"GET /metrics HTTP/1.1\r\nHost: localhost:{self.metrics_port}\r\n\r\n".encode())
            answer: Answer = await client.read()
        assert answer.status == 200
        return answer.body.decode()

    async def figures(self, are_as_wanted: Callable[[Samples], bool]) -> Samples:
        """What the metrics say as soon as they are as wanted: workers show them to each other once a second."""
        async with asyncio.timeout(20):
            while not are_as_wanted(found := read(await self.metrics())):
                await asyncio.sleep(0.05)
        return found


@pytest.fixture
async def watched(valkey_process: ValkeyProcess, scene: Scene) -> AsyncIterator[Watched]:
    process = Watched(valkey_process.url)
    await process.wait_ready()
    yield process
    process.close()


async def test_calls_are_counted_by_names_that_we_published(
    watched: Watched, scene: Scene, upstream: UpstreamServer
) -> None:
    key = scene.new_key()
    for path, given in (
        *(("/clinic/v1/practitioners?c4n4ry=1", key),) * 3,
        ("/clinic/v1/secret", key),
        ("/clinic/c4n4ry/x", key),
        ("/c4n4ry/v1/x", key),
        ("/c4n4ry", "pc_live_c4n4ry"),
    ):
        await watched.get(path, given, "User-Agent: c4n4ry", "X-Request-Id: c4n4ry", "Origin: https://c4n4ry")
    found = await watched.figures(lambda them: calls(them) == 6 and ready_workers(them) == {"0", "1"})
    assert found[CALLS, ("clinic", "answered", "v1")] == 3
    assert found[CALLS, ("clinic", "refused", "v1")] == 1
    assert found[CALLS, ("clinic", "refused", "")] == 1
    assert found[CALLS, ("", "refused", "")] == 1
    assert found["portcullis_call_seconds_count", ("clinic", "v1")] == 4
    assert found["portcullis_added_seconds_count", ("clinic", "v1")] == 3
    assert found["portcullis_added_seconds_bucket", ("clinic", "+Inf", "v1")] == 3
    assert found["portcullis_problems_total", ("insufficient-scope",)] == 1
    assert found["portcullis_problems_total", ("unauthenticated",)] == 1
    assert found["portcullis_admission_batch_calls_count", ()] <= found["portcullis_admission_batch_calls_sum", ()] == 3
    assert all(found["portcullis_feed_age_seconds", (worker,)] < 60 for worker in "01")
    text = await watched.metrics()
    for private in ("c4n4ry", key, key[-8:], "practitioners", "127.0.0.1", "app", "org", upstream.url):
        assert private not in text.replace("process_", "")


async def test_a_worker_that_is_killed_takes_nothing_away(watched: Watched, scene: Scene) -> None:
    key, answered = scene.new_key(), (CALLS, ("clinic", "answered", "v1"))
    for _ in range(8):
        await watched.get("/clinic/v1/practitioners", key)
    before = await watched.figures(lambda them: them.get(answered) == 8 and ready_workers(them) == {"0", "1"})
    victims = watched.worker_pids()
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    await until(lambda: len(set(watched.worker_pids()) - set(victims)) == 2)
    await watched.wait_ready()
    starts = [("portcullis_worker_starts_total", (worker,)) for worker in "01"]
    after = await watched.figures(lambda them: [them.get(one) for one in starts] == [2, 2])
    counted = {name for name in before if name[0].endswith(("_total", "_bucket", "_count", "_sum"))}
    assert all(after[name] >= before[name] for name in counted)
    assert after[answered] == 8


def asked(line: str = "GET /metrics HTTP/1.1", *lines: str, host: str = "127.0.0.1:9464") -> bytes:
    return "\r\n".join([line, f"Host: {host}", *lines, "", ""]).encode()


BEARER = f"Authorization: Bearer {TOKEN.decode()}"


@pytest.mark.parametrize(
    ("peer", "head", "status"),
    [
        ("127.0.0.1", asked(), 200),
        ("::1", asked(host="[::1]:9464"), 200),
        ("127.0.0.1", asked(host="localhost"), 200),
        ("127.0.0.1", asked("GET / HTTP/1.1"), 404),
        ("127.0.0.1", asked("POST /metrics HTTP/1.1"), 404),
        ("127.0.0.1", asked(host="rebound.evil.test:9464"), 401),
        ("127.0.0.1", asked("GET /metrics HTTP/1.1", "X-Forwarded-For: 192.0.2.1"), 401),
        ("127.0.0.1", asked("GET /metrics HTTP/1.1", "Forwarded: for=192.0.2.1"), 401),
        ("192.0.2.1", asked(), 401),
        ("", asked(), 401),
        ("192.0.2.1", asked("GET /x HTTP/1.1"), 401),
        ("192.0.2.1", asked("GET /metrics HTTP/1.1", BEARER, host="gateway:9464"), 200),
        ("192.0.2.1", asked("GET /x HTTP/1.1", BEARER), 404),
        ("192.0.2.1", asked("GET /metrics HTTP/1.1", BEARER[:-1]), 401),
        ("192.0.2.1", asked("GET /metrics HTTP/1.1", BEARER + "t"), 401),
        ("192.0.2.1", asked("GET /metrics HTTP/1.1", "Authorization: Bearer "), 401),
        ("192.0.2.1", asked("GET /metrics HTTP/1.1", BEARER, BEARER), 400),
        ("192.0.2.1", b"GET /metrics\r\n\r\n", 400),
        ("127.0.0.1", b"\r\n\r\n", 400),
    ],
)
def test_this_machine_reads_and_others_need_the_token(peer: str, head: bytes, status: int) -> None:
    assert MetricsServer(lambda: iter(()), TOKEN)._status(head, peer) == status
    if peer == "192.0.2.1":
        assert MetricsServer(lambda: iter(()), b"")._status(head, peer) in (400, 401)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"METRICS_HOST": "0.0.0.0", "METRICS_PORT": "1"}, "METRICS_TOKEN is not set"),
        ({"METRICS_HOST": "::", "METRICS_PORT": "1", "METRICS_TOKEN": ""}, "METRICS_TOKEN is not set"),
        ({"METRICS_HOST": "0.0.0.0", "METRICS_PORT": "1", "METRICS_TOKEN": "short"}, "METRICS_TOKEN is not valid"),
        ({"METRICS_TOKEN_FILE": "/nowhere/token"}, "cannot read /nowhere/token"),
    ],
)
def test_it_does_not_start_unguarded(valkey_process: ValkeyProcess, settings: dict[str, str], says: str) -> None:
    process = GatewayProcess(valkey_process.url, **settings)
    assert process.process.wait(30) == 1
    assert says in process.log
    assert process.log.count("\n") == 1
    process.close()


async def test_a_port_that_is_taken_stops_only_who_asked_for_it(valkey_process: ValkeyProcess) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = GatewayProcess(valkey_process.url, METRICS_PORT=str(taken.getsockname()[1]))
        assert await asyncio.to_thread(process.process.wait, 30) == 1
        assert process.log.startswith("Cannot serve metrics on 127.0.0.1:")
        process.close()


def test_made_up_versions_are_bounded() -> None:
    counters = Counters()
    for number in range(700):
        counters.ended("api", f"v{number}", "answered", 10, 5)
    assert sum(len(versions) for versions in counters.tally.calls.values()) == 501
    assert counters.tally.calls["other"]["other"].outcomes == {"answered": 200}
    again = Counters(counters.tally)
    again.ended("api", "v900", "answered", 10, 5)
    assert (again.tally.calls["other"]["other"].outcomes["answered"], again.tally.starts) == (201, 2)
    board = Board(1)
    board.show(0, Snapshot(again.tally, Gauges()))
    assert board.read(0) == Snapshot(again.tally, Gauges())


def test_a_reader_never_sees_half_a_figure() -> None:
    board = Board(2)
    assert (board.read(0), board.read(1)) == (None, None)
    for starts in range(1, 5):
        board.show(1, Snapshot(Tally(starts=starts), Gauges()))
        found = board.read(1)
        assert found is not None
        assert found.tally.starts == starts
    size = len(board._memory)
    assert board.read(0) is None
    board._memory[size // 2 - 1 : size - 2] = b"\xff" * (size - 2 - size // 2 + 1)
    assert board.read(1) is None


def test_buckets_count_what_is_not_above_them() -> None:
    counters = Counters()
    for total_us in (1_000, 1_001, 20_000_000):
        counters.ended("a", "v", "failed", total_us, -1)
    found = read("".join(exposition({0: Snapshot(counters.tally, Gauges())}, 0.0)))
    name = "portcullis_call_seconds_bucket"
    assert [found[name, ("a", end, "v")] for end in ("0.001", "0.0025", "10", "+Inf")] == [1, 2, 2, 3]
    assert found["portcullis_call_seconds_sum", ("a", "v")] == pytest.approx(20.002001)
    assert found["portcullis_added_seconds_count", ("a", "v")] == 0


def test_names_cannot_break_out_of_their_labels() -> None:
    counters = Counters()
    for _ in range(2):
        counters.ended('a"} 1\nb\\', "", "answered", 1, 1)
    one = Snapshot(counters.tally, Gauges())
    text = "".join(exposition({0: one, 1: one}, 0.0))
    assert read(text)[CALLS, ('a"} 1\nb\\', "answered", "")] == 4
    assert read("".join(exposition({}, 0.0)))["portcullis_admission_batch_calls_count", ()] == 0
