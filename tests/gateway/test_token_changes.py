"""What is behind a token changes under load, scopes as well: it takes effect on four workers at once, and nobody else
notices."""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from contract.jws import base64url_decode
from contract.records import Application, Credential, Plan, Subscription
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
from tests.gateway.tokens import Signer, TokenServer
from tests.gateway.waiting import until

ROTATIONS = 30 if PROVES else 3
SECRET = "/clinic/v1/secret"
"""Asks for a scope that token, client, consent and plan must have in common."""


class Pair(NamedTuple):
    """What takes something from the token and what gives it back; `status` is what calls get meanwhile."""

    status: int
    take: Callable[[], bytes]
    give_back: Callable[[], bytes]


def server_for(gateway: GatewayProcess, scene: Scene) -> TokenServer:
    return TokenServer(scene, gateway=f"http://localhost:{gateway.port}", portal="http://localhost:8000")


def pairs_of(server: TokenServer, token: str) -> tuple[Pair, ...]:
    jti = msgspec.json.decode(base64url_decode(token.split(".")[1]))["jti"]
    plan = server.scene.publish_plan
    return (
        Pair(401, lambda: server.revoke(jti), lambda: server.scene.publisher.publish("token", jti, None)),
        Pair(401, lambda: server.publish_consent(status="revoked"), server.publish_consent),
        Pair(401, lambda: server.publish_account(status="suspended"), server.publish_account),
        Pair(401, lambda: server.publish_client(status="revoked"), server.publish_client),
        Pair(401, lambda: server.publish_key("kid2", not_after_ms=1), lambda: server.publish_key("kid2")),
        Pair(403, lambda: server.publish_consent(scopes=("other",)), server.publish_consent),
        Pair(403, lambda: server.publish_client(scopes=("other",)), server.publish_client),
        Pair(404, lambda: plan(scopes=("other",)), plan),
    )


def publish_neighbour(scene: Scene) -> str:
    """A client of another application, which subscribes to a plan of its own; its name."""
    publish = scene.publisher.publish
    publish("application", "app2", Application("app2", "org"))
    publish("plan", "plan2", Plan("plan2", "Plan", versions=("ver1",), scopes=("secrets:read",)))
    publish("subscription", "app2/api1", Subscription("sub2", "plan2"))
    publish("credential", "client2", Credential("client2", "app2", "live", scopes=("secrets:read",), kind="client"))
    return "client2"


async def test_what_is_taken_from_a_token_reaches_four_gateways_at_once_and_touches_nobody_else(
    four: GatewayProcess, scene: Scene
) -> None:
    server = server_for(four, scene)
    server.publish_key("kid2")
    token, other = server.mint_for_user({"kid": "kid2"}), server.mint(client_id=publish_neighbour(scene))
    subject, neighbour = list[Seen](), list[Seen]()
    callers = [(token, subject), (other, neighbour)] * (CLIENTS // 2)
    calls = [asyncio.create_task(call_on(four, *caller, EVERY_SECONDS, SECRET)) for caller in callers]
    await until(lambda: len(subject) > CLIENTS and len(neighbour) > CLIENTS, 60)
    assert subject[-1].status == neighbour[-1].status == 200
    took: list[float] = []
    pairs = pairs_of(server, token)
    for turn in range(max(CHANGES // 2, len(pairs))):
        pair = pairs[turn % len(pairs)]
        for status, change in ((pair.status, pair.take), (200, pair.give_back)):
            began = time.monotonic()
            in_force_at = await receipt_of(scene, change())
            took.append(in_force_at - began)
            await until(lambda at=in_force_at: len(begun_since(subject[-100:], at)) > 3, 30)
            assert {one.status for one in begun_since(subject, in_force_at)} == {status}, turn
    await end(calls)
    assert {one.status for one in neighbour} == {200}
    report_and_judge(sorted(took), len(subject) + len(neighbour), subject[-1].ended - subject[0].began)


async def test_rotating_the_signing_key_under_load_fails_no_call(gateway: GatewayProcess, scene: Scene) -> None:
    server, seen = server_for(gateway, scene), list[Seen]()
    of_last = [asyncio.create_task(call_on(gateway, server.mint(), seen)) for _ in range(2)]
    for number in range(ROTATIONS):
        last, kid = f"kid{number + 1}", f"kid{number + 2}"
        server.signer = Signer()
        server.publish_key(kid)
        of_next = [asyncio.create_task(call_on(gateway, server.mint({"kid": kid}), seen)) for _ in range(2)]
        before = len(seen)
        await until(lambda before=before: len(seen) > before + 8)
        await end(of_last)
        await receipt_of(scene, scene.publisher.publish("token-key", last, None))
        before = len(seen)
        await until(lambda before=before: len(seen) > before + 4)
        of_last = of_next
    await end(of_last)
    assert {one.status for one in seen} == {200}
