"""A call's way through the gateway, seen from both ends."""

import asyncio

import msgspec

from contract.masking.rules import MaskRule
from contract.records import Limit, Mask
from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.upstream_server import UpstreamServer, reply

BODY = b'{"id":1,"email":"ann@example.org","big":123456789012345678901234567890,"price":1.10}'


async def rows_of(scene: Scene, count: int) -> list:
    """The slot's rows, once there are `count` of them."""
    for _ in range(200):
        if len(rows := scene.publisher.rows()) >= count:
            return rows
        await asyncio.sleep(0.01)
    raise AssertionError(f"{len(rows)} rows instead of {count}")


async def test_it_forwards_a_call_and_logs_it(gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer) -> None:
    upstream.answer = reply(BODY)
    answer = await gateway.get("/clinic/v1/practitioners/1?full=yes", scene.new_key())
    assert (answer.status, answer.body) == (200, BODY)
    assert upstream.requests[0].target == b"/base/practitioners/1?full=yes"
    (row,) = await rows_of(scene, 1)
    assert (row.outcome, row.status, row.operation, row.path) == (
        "answered",
        200,
        "op_one",
        "/clinic/v1/practitioners/1",
    )
    assert row.request_id == answer.header("X-Request-Id")
    assert scene.publisher.open_rows() == {}


async def test_it_masks_what_the_plan_withholds(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    scene.publish_plan(masks=[Mask(MaskRule("$.email", "remove"), operation="op_one")])
    upstream.answer = reply(BODY)
    key = scene.new_key()
    answer = await gateway.get("/clinic/v1/practitioners/1", key)
    assert answer.status == 200, (answer, gateway.log)
    assert answer.body == b'{"id":1,"big":123456789012345678901234567890,"price":1.10}'
    assert (await gateway.get("/clinic/v1/practitioners", key)).body == BODY
    rows = await rows_of(scene, 2)
    assert rows[0].masked == ("$.email",)


async def test_it_admits_exactly_what_the_limit_allows(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    scene.publish_plan([Limit("minute", "rate", 5, period_seconds=60), Limit("day", "quota", 100, window="day")])
    key = scene.new_key()
    answers = await asyncio.gather(*(gateway.get("/clinic/v1/practitioners", key) for _ in range(50)))
    statuses = [answer.status for answer in answers]
    assert (statuses.count(200), statuses.count(429)) == (5, 45)
    assert len(upstream.requests) == 5
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.header("RateLimit-Policy") == '"minute";q=5;w=60, "day";q=100;w=86400'
    assert refused.header("Retry-After") == "12"
    problem = msgspec.json.decode(refused.body)
    assert (problem["status"], problem["violated-policies"]) == (429, ["minute"])
    rows = await rows_of(scene, 50)
    assert sorted(row.outcome for row in rows) == ["answered"] * 5 + ["refused"] * 45
