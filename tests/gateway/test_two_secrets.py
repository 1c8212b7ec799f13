"""A credential may have two secrets, each with its own end; suspended it is told so, in quarantine it only reads."""

import asyncio
from collections import Counter

import msgspec

from contract.key_format import digest_key, mint_key
from contract.records import Api, Credential, Secret
from tests.gateway.gateway_process import Client, GatewayProcess
from tests.gateway.publishing import PEPPER, Scene
from tests.gateway.waiting import until

PATH = "/clinic/v1/practitioners"
NEVER = 1 << 50


def publish_secret(scene: Scene, credential: str, secret_id: str, not_after_ms: int | None = None) -> str:
    """A secret of a credential."""
    key = mint_key("live")
    scene.publisher.publish(
        "secret", digest_key(key, PEPPER.encode()), Secret(credential, "active", not_after_ms, secret_id)
    )
    return key


async def test_both_secrets_serve_and_are_counted_until_the_old_ones_end_on_valkeys_clock(
    gateway: GatewayProcess, scene: Scene
) -> None:
    ends_at_ms = scene.publisher.now_ms() + 400
    scene.publisher.publish("credential", "cred", Credential("cred", "app", "live"))
    old, new = publish_secret(scene, "cred", "sec_old", ends_at_ms), publish_secret(scene, "cred", "sec_new")
    statuses: dict[str, list[int]] = {old: [], new: []}

    async def call_on(key: str) -> None:
        async with Client(gateway.port) as client:
            while len(statuses[old]) < 20 or 401 not in statuses[old][-3:]:
                statuses[key].append((await client.ask(PATH, key)).status)

    await asyncio.wait_for(asyncio.gather(call_on(old), call_on(old), call_on(new)), 20)
    assert set(statuses[new]) == {200}
    served = sum(status == 200 for status in statuses[old])
    await until(lambda: len(scene.publisher.rows()) == served + len(statuses[new]))
    rows = scene.publisher.rows()
    assert Counter((row.credential, row.secret) for row in rows) == {
        ("cred", "sec_old"): served,
        ("cred", "sec_new"): len(statuses[new]),
    }
    assert all(row.at_ms < ends_at_ms for row in rows if row.secret == "sec_old")


async def test_ending_the_old_secret_early_spares_the_new_one_and_revoking_the_key_ends_both(
    gateway: GatewayProcess, scene: Scene
) -> None:
    scene.publisher.publish("credential", "cred", Credential("cred", "app", "live"))
    old, new = publish_secret(scene, "cred", "sec_old", NEVER), publish_secret(scene, "cred", "sec_new")
    assert [(await gateway.get(PATH, key)).status for key in (old, new)] == [200, 200]
    ended = Secret("cred", "active", scene.publisher.now_ms(), "sec_old")
    position = scene.publisher.publish("secret", digest_key(old, PEPPER.encode()), ended)
    await until(lambda: scene.publisher.is_applied(position))
    assert [(await gateway.get(PATH, key)).status for key in (old, new)] == [401, 200]
    last = scene.publisher.publish("credential", "cred", Credential("cred", "app", "live", status="revoked"))
    await until(lambda: scene.publisher.is_applied(last))
    assert [(await gateway.get(PATH, key)).status for key in (old, new)] == [401, 401]


async def test_a_suspended_key_is_told_so_whatever_the_path_and_serves_again_once_resumed(
    gateway: GatewayProcess, scene: Scene
) -> None:
    key = scene.new_key(status="suspended")
    answers = [await gateway.get(path, key) for path in (PATH, "/clinic/v1/hidden", "/nothing/v9/x")]
    assert {slug(answer.body) for answer in answers} == {"key-suspended"}
    await until(lambda: len(scene.publisher.rows()) == 3)
    assert {(row.problem, row.outcome, row.status) for row in scene.publisher.rows()} == {
        ("key-suspended", "refused", 403)
    }
    position = scene.publisher.publish("credential", key[-8:], Credential(key[-8:], "app", "live"))
    await until(lambda: scene.publisher.is_applied(position))
    assert (await gateway.get(PATH, key)).status == 200


async def test_a_key_in_quarantine_reads_within_its_scopes_and_is_told_what_ends_it(
    gateway: GatewayProcess, scene: Scene
) -> None:
    key = scene.new_key(quarantined=True, scopes=("secrets:read",))
    narrow = scene.new_key(quarantined=True)
    shadowing = Api("api1", "clinic", {"v1": "ver1"}, "shadow")
    scene.publisher.publish("api", "clinic", shadowing)
    asked = [
        *((key, "GET", PATH), (key, "HEAD", PATH), (key, "GET", "/clinic/v1/secret"), (key, "POST", PATH)),
        *((narrow, "GET", PATH), (narrow, "GET", "/clinic/v1/secret"), (narrow, "GET", "/clinic/v1/hidden")),
        *((key, "GET", "/clinic/v1/undocumented"), (key, "DELETE", "/clinic/v1/undocumented")),
    ]
    answers = [await gateway.get(path, secret, method=method) for secret, method, path in asked]
    assert [answer.status for answer in answers] == [200, 200, 200, 403, 200, 403, 404, 403, 403]
    refused = [slug(answer.body) for answer in answers if answer.status == 403]
    assert set(refused) == {"key-quarantined"}


def slug(body: bytes) -> str:
    """The problem type of an answer."""
    kind: str = msgspec.json.decode(body)["type"]
    return kind.rstrip("/").rpartition("/")[2]
