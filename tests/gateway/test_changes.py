"""A change is in force at every gateway within a moment, for those it concerns and nobody else."""

import asyncio
import random
import time

from contract.masking.rules import MaskRule
from contract.records import Application, Credential, Limit, Mask, Organisation, Subscription
from contract.valkey_keys import FEED
from tests.gateway.gateway_process import Client, GatewayProcess
from tests.gateway.pacing import (
    CHANGES,
    CLIENTS,
    EVERY_SECONDS,
    PATH,
    PROVES,
    Seen,
    call_on,
    end,
    receipt_of,
    report_and_judge,
)
from tests.gateway.publishing import Scene
from tests.gateway.upstream_server import UpstreamServer, reply
from tests.gateway.waiting import until
from tests.promised import within

RACES = 1_000 if PROVES else 30


async def status_within_a_second(gateway: GatewayProcess, key: str, wanted: int, path: str = PATH) -> None:
    """Call until the wanted status comes; it must within a second."""
    began = time.monotonic()
    while (status := (await gateway.get(path, key)).status) != wanted:
        assert time.monotonic() - began < within(1), f"still {status}"


async def test_a_revoked_key_dies_while_its_sister_lives(gateway: GatewayProcess, scene: Scene) -> None:
    key, sister = scene.new_key(), scene.new_key()
    assert [(await gateway.get(PATH, one)).status for one in (key, sister)] == [200, 200]
    scene.revoke(key)
    await status_within_a_second(gateway, key, 401)
    assert (await gateway.get(PATH, sister)).status == 200


async def test_a_key_that_was_unknown_works_once_published(gateway: GatewayProcess, scene: Scene) -> None:
    key = scene.new_key()
    scene.publisher.publish("credential", key[-8:], None)
    assert (await gateway.get(PATH, key)).status == 401
    scene.publisher.publish("credential", key[-8:], Credential(key[-8:], "app", "live"))
    await status_within_a_second(gateway, key, 200)


async def test_suspending_any_owner_ends_the_key(gateway: GatewayProcess, scene: Scene) -> None:
    key = scene.new_key()
    for kind, record_id, off, on in (
        ("application", "app", Application("app", "org", "suspended"), Application("app", "org")),
        ("organisation", "org", Organisation("org", 0, "suspended"), Organisation("org", 0)),
        ("organisation", "org", None, Organisation("org", 0)),
    ):
        await status_within_a_second(gateway, key, 200)
        scene.publisher.publish(kind, record_id, off)
        await status_within_a_second(gateway, key, 401)
        scene.publisher.publish(kind, record_id, on)


async def test_ending_the_subscription_hides_the_api(gateway: GatewayProcess, scene: Scene) -> None:
    key = scene.new_key()
    await status_within_a_second(gateway, key, 200)
    scene.publisher.publish("subscription", "app/api1", Subscription("sub1", "plan1", "suspended"))
    await status_within_a_second(gateway, key, 404)
    assert (await gateway.get("/nothing/v1/x", key)).status == 404


async def test_changed_masks_and_limits_are_in_force(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    upstream.answer = reply(b'{"a":1,"b":2}')
    key = scene.new_key()
    assert (await gateway.get(PATH, key)).body == b'{"a":1,"b":2}'
    position = scene.publish_plan([Limit("minute", "rate", 3, period_seconds=60)], [Mask(MaskRule("$.b", "remove"))])
    await until(lambda: scene.publisher.is_applied(position), within(1))
    answer = await gateway.get(PATH, key)
    assert (answer.body, answer.header("RateLimit")) == (b'{"a":1}', '"minute";r=2;t=20')


async def test_nothing_is_admitted_after_the_receipt(four: GatewayProcess, scene: Scene) -> None:
    chance = random.Random(5)
    for _ in range(RACES):
        key = scene.new_key()
        seen: list[tuple[float, int]] = []
        calls = [asyncio.create_task(_call_on(four, key, seen)) for _ in range(4)]
        await _some_moment(chance, seen)
        position = scene.revoke(key)
        await until(lambda position=position: scene.publisher.is_applied(position))
        receipt_at = time.monotonic()
        await until(lambda seen=seen, at=receipt_at: sum(began > at for began, _ in seen) > 4)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert {status for began, status in seen if began > receipt_at} == {401}


async def test_revocations_under_load_are_in_force_at_four_gateways_at_once(
    four: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    neighbour, took = list[Seen](), list[float]()
    sister = scene.new_key()
    calls = [asyncio.create_task(call_on(four, sister, neighbour, EVERY_SECONDS)) for _ in range(CLIENTS)]
    await until(lambda: len(neighbour) > CLIENTS, 60)
    for _ in range(CHANGES):
        key = scene.new_key()
        assert (await four.get(PATH, key)).status == 200
        began = time.monotonic()
        took.append(await receipt_of(scene, scene.revoke(key)) - began)
        assert {(await four.get(PATH, key)).status for _ in range(4)} == {401}
    await end(calls)
    assert {one.status for one in neighbour} == {200}
    report_and_judge(sorted(took), len(neighbour), neighbour[-1].ended - neighbour[0].began)


async def _some_moment(chance: random.Random, seen: list[tuple[float, int]]) -> None:
    """While the key's records are being loaded, or after some answers."""
    answers = chance.choice((0, 0, 0, 1, 8))
    for _ in range(chance.randrange(30)):
        await asyncio.sleep(0)
    await until(lambda: len(seen) >= answers)


async def _call_on(gateway: GatewayProcess, key: str, seen: list[tuple[float, int]]) -> None:
    async with Client(gateway.port) as client:
        while True:
            began = time.monotonic()
            seen.append((began, (await client.ask(PATH, key)).status))


async def test_a_feed_trimmed_past_the_gateway_makes_it_read_everything_anew(
    gateway: GatewayProcess, scene: Scene
) -> None:
    key = scene.new_key()
    assert (await gateway.get(PATH, key)).status == 200
    pipeline = scene.publisher.client.pipeline(transaction=True)
    scene.publisher.client, client = pipeline, scene.publisher.client
    scene.revoke(key)
    pipeline.xtrim(FEED, maxlen=0)
    scene.publisher.client = client
    pipeline.execute()
    for _ in range(300):
        if (await gateway.get(PATH, key)).status == 401:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the gateway never noticed")


async def test_an_unreadable_feed_entry_does_no_harm(gateway: GatewayProcess, scene: Scene) -> None:
    key = scene.new_key()
    assert (await gateway.get(PATH, key)).status == 200
    scene.publisher.client.xadd(FEED, {"x": b"\xff"})
    scene.publisher.client.xadd(FEED, {"n": "nothing", "v": "many"})
    scene.revoke(key)
    await status_within_a_second(gateway, key, 401)


async def test_an_unreadable_record_is_503_and_never_401(gateway: GatewayProcess, scene: Scene) -> None:
    key = scene.new_key()
    scene.publisher.client.set(f"pc:r:credential:{key[-8:]}", b"1 {broken")
    assert (await gateway.get(PATH, key)).status == 503
