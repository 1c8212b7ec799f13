"""Real parts for the gateway's tests: a Valkey and a gateway per module, an upstream and a scene per test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.publishing import Publisher, Scene
from tests.gateway.upstream_server import UpstreamServer
from tests.gateway.valkey_process import ValkeyProcess


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
