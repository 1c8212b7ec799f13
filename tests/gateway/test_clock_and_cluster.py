"""Valkey decides: on what time it is, on where keys lie, and on whether memory may still be trusted."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import redis

from contract.key_format import digest_key, mint_key
from contract.records import Credential, Limit, Secret
from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.publishing import PEPPER, Publisher, Scene
from tests.gateway.upstream_server import UpstreamServer
from tests.gateway.valkey_process import ValkeyProcess
from tests.gateway.waiting import until
from tests.promised import within
from tests.stack import free_ports

PATH = "/clinic/v1/practitioners"
HOUR_MS = 3_600_000
RUN_WITH_ANOTHER_CLOCK = """
import runpy, sys, time
offset_seconds = float(sys.argv.pop(1))
read, read_ns = time.time, time.time_ns
time.time = lambda: read() + offset_seconds
time.time_ns = lambda: read_ns() + int(offset_seconds * 1e9)
sys.argv[0] = "gateway"
runpy.run_module("gateway", run_name="__main__")
"""


class WrongClock(GatewayProcess):
    """A gateway on a machine whose clock is wrong."""

    def __init__(self, redis_url: str, offset_seconds: float) -> None:
        self._offset_seconds = offset_seconds
        super().__init__(redis_url)

    def command(self) -> list[str]:
        return [sys.executable, "-c", RUN_WITH_ANOTHER_CLOCK, str(self._offset_seconds), "--workers", "1"]


def key_until(scene: Scene, expires_at_ms: int, not_after_ms: int) -> str:
    """A key whose credential and secret end by themselves."""
    key = mint_key("live")
    scene.publisher.publish("credential", key[-8:], Credential(key[-8:], "app", "live", expires_at_ms=expires_at_ms))
    scene.publisher.publish("secret", digest_key(key, PEPPER.encode()), Secret(key[-8:], not_after_ms=not_after_ms))
    return key


@pytest.mark.parametrize("offset_seconds", [-3600, 3600])
async def test_a_wrong_clock_changes_nothing(
    valkey_process: ValkeyProcess, scene: Scene, offset_seconds: float
) -> None:
    gateway = WrongClock(valkey_process.url, offset_seconds)
    try:
        await gateway.wait_ready()
        client = scene.publisher.client
        now_ms = client.time()[0] * 1000
        near, far = now_ms + HOUR_MS // 2, now_ms + 10 * HOUR_MS
        scene.publish_plan([Limit("day", "quota", 5, window="day"), Limit("minute", "rate", 100, period_seconds=60)])
        wanted = {
            key_until(scene, near, far): 200,
            key_until(scene, far, near): 200,
            key_until(scene, now_ms - HOUR_MS // 2, far): 401,
            key_until(scene, far, now_ms - HOUR_MS // 2): 401,
        }
        answers = {key: await gateway.get(PATH, key) for key in wanted}
        assert {key: answer.status for key, answer in answers.items()} == wanted
        await until(lambda: len(scene.publisher.rows()) == 2)
        assert all(abs(row.at_ms - now_ms) < 60_000 for row in scene.publisher.rows())
        reset = next(answer.header("RateLimit") for answer in answers.values() if answer.status == 200)
        seconds_left = int(reset.partition("t=")[2].partition(",")[0])
        assert abs(seconds_left - (86_400 - now_ms // 1000 % 86_400)) < 60
    finally:
        gateway.close()


@pytest.fixture
def cluster() -> Iterator[ValkeyProcess]:
    """A cluster of one node, which refuses scripts whose keys lie in two slots."""
    process = _start_cluster()
    process.client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
    until_ready = time.monotonic() + 60
    while b"cluster_state:ok" not in process.client.execute_command("CLUSTER", "INFO"):
        assert time.monotonic() < until_ready
        time.sleep(0.02)
    yield process
    process.close()


def _start_cluster() -> ValkeyProcess:
    """Somebody else may take a free port before it does."""
    for _ in range(5):
        port, bus_port = map(str, free_ports(2))
        with contextlib.suppress(AssertionError):
            return ValkeyProcess("--cluster-enabled", "yes", "--port", port, "--cluster-port", bus_port)
    raise AssertionError("no ports for a cluster")


async def test_admission_and_accounting_work_on_a_cluster(cluster: ValkeyProcess, upstream: UpstreamServer) -> None:
    scene = Scene(Publisher(cluster.client), upstream.url)
    with pytest.raises(redis.ResponseError, match="same slot"):
        cluster.client.eval("return 1", 2, "{s0}:open", "{s1}:open")
    limits = [
        *(Limit("minute", "rate", 5, period_seconds=60), Limit("day", "quota", 100, window="day")),
        Limit("at once", "concurrency", 50),
    ]
    scene.publish_plan(limits)
    gateway = GatewayProcess(cluster.url, workers=2)
    try:
        await gateway.wait_ready()
        key = scene.new_key()
        answers = await asyncio.gather(*(gateway.get(PATH, key) for _ in range(20)))
        assert sorted(answer.status for answer in answers) == [200] * 5 + [429] * 15
        await until(lambda: len(scene.publisher.rows()) == 20)
        assert scene.publisher.open_rows() == {}
        position = scene.revoke(key)
        await until(lambda: scene.publisher.is_applied(position), within(2))
        assert (await gateway.get(PATH, key)).status == 401
        assert scene.publisher.reap() == 0
    finally:
        gateway.close()


@pytest.fixture
async def leased(valkey_process: ValkeyProcess, scene: Scene) -> AsyncIterator[GatewayProcess]:
    """A gateway that trusts its memory for two seconds."""
    process = GatewayProcess(valkey_process.url, GATEWAY_LEASE_SECONDS="2")
    await process.wait_ready()
    yield process
    process.close()


async def test_with_only_the_feed_lost_memory_is_trusted_for_the_lease(leased: GatewayProcess, scene: Scene) -> None:
    key, client = scene.new_key(), scene.publisher.client
    assert (await leased.get(PATH, key)).status == 200
    client.execute_command("ACL", "SETUSER", "default", "-xread")
    try:
        for reader in client.client_list():
            if reader["cmd"] == "xread":
                client.client_kill_filter(_id=reader["id"])
        scene.revoke(key)
        assert await until_status(leased, key, 503) <= {200, 503}, "a change that it cannot know of is not a 401"
        answer = await leased.get(PATH, key)
        assert (answer.status, answer.header("Retry-After")) == (503, "1")
        assert (await leased.get("/readyz")).status == 503
    finally:
        client.execute_command("ACL", "SETUSER", "default", "+xread")
    await leased.wait_ready(within(10))
    assert (await leased.get(PATH, key)).status == 401
    assert (await leased.get(PATH, scene.new_key())).status == 200


async def until_status(gateway: GatewayProcess, key: str, wanted: int) -> set[int]:
    """Call until the wanted status comes; the statuses that came."""
    seen: set[int] = set()
    for _ in range(500):
        seen.add((await gateway.get(PATH, key)).status)
        if wanted in seen:
            return seen
        await asyncio.sleep(0.02)
    raise AssertionError(f"never {wanted}")
