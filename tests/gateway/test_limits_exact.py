"""Limits hold exactly, whatever the number of gateways and clients; refused calls spend nothing.

`PROVE=1` asks one, two, four and eight workers, with 10,000 calls of which 500 are always under way.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from contract.records import Limit
from contract.valkey_keys import call_stream, counter
from contract.windows import window_at
from tests.gateway.gateway_process import Client, GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.upstream_server import Request, UpstreamServer, reply
from tests.gateway.valkey_process import ValkeyProcess
from tests.gateway.waiting import until

PATH = "/clinic/v1/practitioners"
PROVE = os.environ.get("PROVE") == "1"
WORKERS = (1, 2, 4, 8) if PROVE else (2,)
QUOTA, CLIENTS, EACH = (1_000, 500, 20) if PROVE else (300, 100, 6)


@pytest.fixture
async def pair(valkey_process: ValkeyProcess, scene: Scene) -> AsyncIterator[GatewayProcess]:
    """A gateway of two workers."""
    process = GatewayProcess(valkey_process.url, workers=2)
    await process.wait_ready()
    yield process
    process.close()


@pytest.fixture(params=WORKERS)
async def fleet(
    request: pytest.FixtureRequest, valkey_process: ValkeyProcess, scene: Scene
) -> AsyncIterator[GatewayProcess]:
    """A gateway of so many workers."""
    process = GatewayProcess(valkey_process.url, workers=request.param, GATEWAY_CONNECTIONS_PER_ADDRESS_MAX="1000")
    await process.wait_ready()
    yield process
    process.close()


async def call_often(gateway: GatewayProcess, key: str, clients: int, each: int) -> Counter:
    """The statuses of `clients` connections with `each` calls."""

    async def one() -> list[int]:
        async with Client(gateway.port) as client:
            return [(await client.ask(PATH, key)).status for _ in range(each)]

    return Counter(status for statuses in await asyncio.gather(*(one() for _ in range(clients))) for status in statuses)


async def test_five_a_minute_are_five_from_fifty_clients(
    pair: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    scene.publish_plan([Limit("minute", "rate", 5, period_seconds=60)])
    assert await call_often(pair, scene.new_key(), 50, 1) == {200: 5, 429: 45}
    assert len(upstream.requests) == 5


async def test_a_quota_is_exact_and_equals_its_counter_and_rows(
    fleet: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    scene.publish_plan([Limit("day", "quota", QUOTA, window="day"), Limit("second", "rate", 100_000, period_seconds=1)])
    refused = CLIENTS * EACH - QUOTA
    assert await call_often(fleet, scene.new_key(), CLIENTS, EACH) == {200: QUOTA, 429: refused}
    assert len(upstream.requests) == QUOTA
    seconds, _ = scene.publisher.client.time()
    start_ms = window_at("day", seconds * 1000).start_ms
    assert scene.publisher.client.get(f"{counter(0, 'sub1:live', 'day')}:{start_ms}") == str(QUOTA).encode()
    await until(lambda: scene.publisher.client.xlen(call_stream(0)) == CLIENTS * EACH, 30)
    assert Counter(row.outcome for row in scene.publisher.rows()) == {"answered": QUOTA, "refused": refused}


async def test_test_and_live_keys_count_apart(pair: GatewayProcess, scene: Scene) -> None:
    scene.publish_plan([Limit("day", "quota", 2, window="day")])
    assert await call_often(pair, scene.new_key("test"), 3, 1) == {200: 2, 429: 1}
    assert await call_often(pair, scene.new_key("live"), 3, 1) == {200: 2, 429: 1}


async def test_no_more_calls_at_once_than_the_cap(pair: GatewayProcess, scene: Scene, upstream: UpstreamServer) -> None:
    go_on = asyncio.Event()

    async def when_told(request: Request, writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(reply())

    upstream.answer = when_told
    scene.publish_plan([Limit("at once", "concurrency", 3)])
    key = scene.new_key()
    calls = [asyncio.create_task(pair.get(PATH, key)) for _ in range(10)]
    await until(lambda: sum(call.done() for call in calls) == 7)
    go_on.set()
    answers = await asyncio.gather(*calls)
    assert Counter(answer.status for answer in answers) == {200: 3, 429: 7}
    await until(lambda: not scene.publisher.open_rows())
    assert await call_often(pair, key, 1, 5) == {200: 5}


async def test_a_call_that_the_client_leaves_gives_its_place_back(
    pair: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    async def never(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)

    upstream.answer = never
    scene.publish_plan([Limit("at once", "concurrency", 1)])
    key = scene.new_key()
    call = asyncio.create_task(pair.get(PATH, key))
    await until(lambda: upstream.requests)
    call.cancel()
    await until(lambda: scene.publisher.rows())
    assert scene.publisher.rows()[0].outcome == "aborted"
    upstream.answer = reply()
    assert (await pair.get(PATH, key)).status == 200
