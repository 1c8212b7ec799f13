"""What dies, and what must stay true then."""

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest

from contract.records import Limit
from contract.valkey_keys import EPOCH, GATEWAY_DEAD_AFTER_SECONDS, counter
from contract.windows import window_at
from tests.gateway.gateway_process import Client, GatewayProcess
from tests.gateway.publishing import Publisher, Scene
from tests.gateway.upstream_server import Request, UpstreamServer, reply
from tests.gateway.valkey_process import ValkeyProcess
from tests.gateway.waiting import until
from tests.promised import within

PATH = "/clinic/v1/practitioners"
KILLS = 100 if os.environ.get("PROVE") == "1" else 3
QUOTA = Limit("month", "quota", 10_000_000, window="month")


@pytest.fixture
def durable() -> Iterator[ValkeyProcess]:
    process = ValkeyProcess(durable="always")
    yield process
    process.close()


@pytest.fixture
def stage(durable: ValkeyProcess, upstream: UpstreamServer) -> Scene:
    return Scene(Publisher(durable.client), upstream.url)


@pytest.fixture
async def pair(durable: ValkeyProcess, stage: Scene) -> AsyncIterator[GatewayProcess]:
    """A gateway of two workers."""
    process = GatewayProcess(durable.url, workers=2)
    await process.wait_ready()
    yield process
    process.close()


async def keep_calling(gateway: GatewayProcess, key: str, statuses: Counter) -> None:
    """Call until cancelled; a connection that breaks is counted as status 0."""
    while True:
        try:
            async with Client(gateway.port) as client:
                while True:
                    statuses[(await client.ask(PATH, key)).status] += 1
        except (OSError, asyncio.IncompleteReadError):
            statuses[0] += 1
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def load(gateway: GatewayProcess, key: str, clients: int = 20) -> AsyncIterator[Counter]:
    """Keep clients calling meanwhile."""
    statuses: Counter = Counter()
    tasks = [asyncio.create_task(keep_calling(gateway, key, statuses)) for _ in range(clients)]
    try:
        yield statuses
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def spent(stage: Scene) -> int:
    """What the quota's counter says."""
    seconds, _ = stage.publisher.client.time()
    start_ms = window_at("month", seconds * 1000).start_ms
    return int(stage.publisher.client.get(f"{counter(0, 'sub1:live', QUOTA.name)}:{start_ms}"))


async def test_a_killed_gateway_leaves_exactly_one_row_per_upstream_request(
    pair: GatewayProcess, stage: Scene, upstream: UpstreamServer
) -> None:
    async def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        writer.write(reply())

    upstream.answer = slowly
    stage.publish_plan([QUOTA])
    async with load(pair, stage.new_key()) as statuses:
        for _ in range(KILLS):
            seen = len(upstream.requests)
            await until(lambda seen=seen: len(upstream.requests) > seen + 100)
            pair.kill()
            pair.start()
            await pair.wait_ready()
        await until(lambda seen=statuses[200]: statuses[200] > seen + 100)
    await asyncio.to_thread(pair.terminate)
    await until(lambda: stage.publisher.reap() or not stage.publisher.open_rows(), GATEWAY_DEAD_AFTER_SECONDS * 4)
    await until(lambda: stage.publisher.reap() == 0 and not stage.publisher.open_rows(), GATEWAY_DEAD_AFTER_SECONDS * 4)
    sent = Counter(request.header(b"x-request-id").decode() for request in upstream.requests)
    rows = Counter(row.request_id for row in stage.publisher.rows())
    assert max(sent.values()) == max(rows.values()) == 1
    assert not sent.keys() - rows.keys()
    unsent = [row for row in stage.publisher.rows() if row.request_id not in sent]
    assert {row.outcome for row in unsent} <= {"unknown", "refused", "aborted"}
    assert any(row.outcome == "unknown" for row in stage.publisher.rows())
    assert spent(stage) == sum(row.outcome != "refused" for row in stage.publisher.rows())


async def test_a_killed_worker_is_replaced_and_no_connection_is_refused(pair: GatewayProcess, stage: Scene) -> None:
    key = stage.new_key()
    (victim, survivor) = pair.worker_pids()
    os.kill(victim, signal.SIGKILL)
    for _ in range(50):
        async with Client(pair.port) as client:
            assert (await client.ask(PATH, key)).status == 200
    await until(lambda: len(pair.worker_pids()) == 2)
    assert survivor in pair.worker_pids()
    assert victim not in pair.worker_pids()


async def test_workers_die_with_their_parent(pair: GatewayProcess) -> None:
    workers = pair.worker_pids()
    pair.kill()
    await until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers))


async def test_calls_under_way_finish_before_it_stops(
    pair: GatewayProcess, stage: Scene, upstream: UpstreamServer
) -> None:
    go_on = asyncio.Event()

    async def when_told(request: Request, writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(reply())

    upstream.answer = when_told
    calls = [asyncio.create_task(pair.get(PATH, stage.new_key())) for _ in range(5)]
    await until(lambda: len(upstream.requests) == 5)
    pair.process.terminate()
    await until(lambda: "draining" in pair.log)
    go_on.set()
    answers = await asyncio.gather(*calls)
    assert [answer.status for answer in answers] == [200] * 5
    assert await asyncio.to_thread(pair.process.wait, 10) == 0
    assert [row.outcome for row in stage.publisher.rows()] == ["answered"] * 5
    assert stage.publisher.open_rows() == {}


async def test_without_valkey_it_says_503_and_comes_back(
    pair: GatewayProcess, stage: Scene, durable: ValkeyProcess, upstream: UpstreamServer
) -> None:
    key = stage.new_key()
    assert (await pair.get(PATH, key)).status == 200
    async with load(pair, key) as statuses:
        await until(lambda: statuses[200] > 100)
        durable.kill()
        await until(lambda: statuses[503] > 100)
        answer = await pair.get(PATH, key)
        assert (answer.status, answer.header("Retry-After")) == (503, "1")
        durable.start()
        stage.publisher.client = durable.client
        assert (await pair.get(PATH, key)).status == 503, "an epoch of another run is no epoch"
        stage.publisher.open_epoch()
        await until(lambda seen=statuses[200]: statuses[200] > seen + 100, within(5))
    assert set(statuses) <= {200, 503}
    await until(lambda: not stage.publisher.open_rows())
    sent = Counter(request.header(b"x-request-id").decode() for request in upstream.requests)
    rows = Counter(row.request_id for row in stage.publisher.rows())
    assert not sent.keys() - rows.keys()
    assert max(rows.values()) == 1


async def test_what_ended_is_not_open_again_in_a_valkey_that_forgot(
    pair: GatewayProcess, stage: Scene, durable: ValkeyProcess
) -> None:
    """`appendfsync everysec` confirms what a crash may lose; the gateway lives, so that nobody else closes the call."""
    key, calls = stage.new_key(), 10
    assert [(await pair.get(PATH, key)).status for _ in range(calls)] == [200] * calls
    await until(lambda: len(stage.publisher.rows()) == calls)
    known = {row.request_id: row for row in stage.publisher.rows()}
    durable.kill()
    durable.forget_since_last(b"HDEL")
    durable.start()
    stage.publisher.client = durable.client
    await until(lambda: len(stage.publisher.rows()) == calls and not stage.publisher.open_rows())
    assert {row.request_id: row for row in stage.publisher.rows()} == known


async def test_callers_that_leave_at_any_moment_leave_no_call_open(pair: GatewayProcess, stage: Scene) -> None:
    """Some leave in the very turn in which their admission is answered."""
    key, moments = stage.new_key(), random.Random(7)

    async def call_and_leave(_: int) -> None:
        calling = asyncio.create_task(pair.get(PATH, key))
        await asyncio.sleep(moments.uniform(0, 0.02))
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)

    for _ in range(30):
        await asyncio.gather(*map(call_and_leave, range(20)))
    await until(lambda: not stage.publisher.open_rows())
    assert {row.outcome for row in stage.publisher.rows()} >= {"aborted"}
    assert all(row.at_ms for row in stage.publisher.rows())


async def test_a_silent_valkey_is_a_lost_one(pair: GatewayProcess, stage: Scene, durable: ValkeyProcess) -> None:
    key = stage.new_key()
    assert (await pair.get(PATH, key)).status == 200
    durable.pause()
    answer = await pair.get(PATH, key)
    assert answer.status == 503
    durable.resume()
    await pair.wait_ready(within(5))
    assert (await pair.get(PATH, key)).status == 200
    await until(lambda: not stage.publisher.open_rows())


async def test_an_emptied_valkey_is_503_and_never_401(
    pair: GatewayProcess, stage: Scene, durable: ValkeyProcess
) -> None:
    known, unused = stage.new_key(), stage.new_key()
    assert (await pair.get(PATH, known)).status == 200
    durable.client.flushall()
    assert (await pair.get(PATH, unused)).status == 503
    await until(lambda: durable.client.get(EPOCH) is None)
    assert (await pair.get("/readyz")).status in (200, 503)
    for _ in range(20):
        assert (await pair.get(PATH, unused)).status == 503


async def test_a_full_call_stream_stops_admission(durable: ValkeyProcess, stage: Scene) -> None:
    gateway = GatewayProcess(durable.url, GATEWAY_STREAM_MAX_ROWS="1000")
    try:
        await gateway.wait_ready()
        key = stage.new_key()
        pipeline = durable.client.pipeline()
        for _ in range(1000):
            pipeline.xadd("{s0}:calls", {"r": "x"})
        pipeline.execute()
        assert (await gateway.get(PATH, key)).status == 503
        durable.client.delete("{s0}:calls")
        assert (await gateway.get(PATH, key)).status == 200
    finally:
        gateway.close()
