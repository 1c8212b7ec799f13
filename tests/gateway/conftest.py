"""Real parts for the gateway's tests: a Valkey and a gateway per module, an upstream and a scene per test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from contract.valkey_keys import GATEWAYS
from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.publishing import Publisher, Scene
from tests.gateway.upstream_server import UpstreamServer
from tests.gateway.valkey_process import ValkeyProcess
from tests.gateway.waiting import until


@pytest.fixture(scope="module")
def valkey_process() -> Iterator[ValkeyProcess]:
    process = ValkeyProcess()
    yield process
    process.close()


@pytest.fixture(scope="module")
def gateway_process(valkey_process: ValkeyProcess) -> Iterator[GatewayProcess]:
    process = GatewayProcess(valkey_process.url)
    yield process
    process.close()


@pytest.fixture
async def upstream() -> AsyncIterator[UpstreamServer]:
    server = UpstreamServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def publisher(valkey_process: ValkeyProcess) -> Publisher:
    valkey_process.client.flushall()
    return Publisher(valkey_process.client)


@pytest.fixture
def scene(publisher: Publisher, upstream: UpstreamServer) -> Scene:
    return Scene(publisher, upstream.url)


@pytest.fixture
async def gateway(gateway_process: GatewayProcess, scene: Scene) -> GatewayProcess:
    """The module's gateway, ready for the test's scene."""
    await gateway_process.wait_ready()
    return gateway_process


@pytest.fixture
async def four(valkey_process: ValkeyProcess, scene: Scene) -> AsyncIterator[GatewayProcess]:
    """A gateway of four workers, all of them answering."""
    process = GatewayProcess(valkey_process.url, workers=4)
    await process.wait_ready()
    client = scene.publisher.client
    started = len(process.worker_pids())
    await until(lambda: client.zcard(GATEWAYS) >= started == 4, 30)
    yield process
    process.close()
