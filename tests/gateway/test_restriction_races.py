"""After its receipt a restriction lets nothing through that it blocks, and its neighbours never notice."""

import asyncio
import random
import time

from contract.masking.rules import MaskRule
from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.pacing import (
    CHANGES,
    CLIENTS,
    EVERY_SECONDS,
    PROVES,
    Seen,
    begun_since,
    call_on,
    end,
    receipt_of,
    report_and_judge,
)
from tests.gateway.publishing import Scene
from tests.gateway.upstream_server import UpstreamServer, reply
from tests.gateway.waiting import until

RACES = 1_000 if PROVES else 30
BODY = b'{"clinic":"one","fees":[1.10,2]}'
MASKED = b'{"clinic":"one"}'


async def test_nothing_it_blocks_is_admitted_after_the_receipt(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    upstream.answer = reply(BODY)
    chance, neighbour = random.Random(3), list[Seen]()
    calls = [asyncio.create_task(call_on(gateway, scene.new_key(), neighbour))]
    for _ in range(RACES):
        key, seen = scene.new_key(), list[Seen]()
        racing = [asyncio.create_task(call_on(gateway, key, seen)) for _ in range(3)]
        for _ in range(chance.randrange(30)):
            await asyncio.sleep(0)
        answers = chance.choice((0, 0, 1, 8))
        await until(lambda seen=seen, answers=answers: len(seen) >= answers)
        blocked_at = await receipt_of(scene, scene.restrict(credential=key[-8:]))
        await until(lambda seen=seen, at=blocked_at: len(begun_since(seen, at)) > 3)
        lifting_at = time.monotonic()
        lifted_at = await receipt_of(scene, scene.lift())
        await until(lambda seen=seen, at=lifted_at: len(begun_since(seen, at)) > 3)
        await end(racing)
        assert {one.status for one in begun_since(seen, blocked_at) if one.ended < lifting_at} == {403}
        assert {one.status for one in begun_since(seen, lifted_at)} == {200}
    await end(calls)
    assert {(one.status, one.body) for one in neighbour} == {(200, BODY)}


async def test_changes_under_load_reach_four_gateways_at_once_and_touch_nobody_else(
    four: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    upstream.answer = reply(BODY)
    key, sister = scene.new_key(), scene.new_key()
    subject, neighbour = list[Seen](), list[Seen]()
    callers = [(key, subject), (sister, neighbour)] * (CLIENTS // 2)
    calls = [asyncio.create_task(call_on(four, *caller, EVERY_SECONDS)) for caller in callers]
    await until(lambda: len(subject) > CLIENTS and len(neighbour) > CLIENTS, 60)
    took: list[float] = []
    hidden = {"how": "mask", "masks": (MaskRule("$.fees", "remove"),), "credential": key[-8:]}
    states = (({"credential": key[-8:]}, (403, None)), ({}, (200, BODY)), (hidden, (200, MASKED)), ({}, (200, BODY)))
    for turn in range(CHANGES):
        facts, (status, body) = states[turn % len(states)]
        began = time.monotonic()
        in_force_at = await receipt_of(scene, scene.restrict(**facts) if facts else scene.lift())
        took.append(in_force_at - began)
        await until(lambda at=in_force_at: len(begun_since(subject[-100:], at)) > 3, 30)
        met = begun_since(subject, in_force_at)
        assert {(one.status, body and one.body) for one in met} == {(status, body)}
    await end(calls)
    assert {(one.status, one.body) for one in neighbour} == {(200, BODY)}
    report_and_judge(sorted(took), len(subject) + len(neighbour), subject[-1].ended - subject[0].began)
