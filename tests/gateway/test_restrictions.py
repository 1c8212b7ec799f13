"""A restriction withholds exactly what it names, at once, until it ends or is lifted, and says so to whom it meets."""

import msgspec

from contract.masking.rules import MaskRule
from contract.records import Mask, Throttle
from tests.gateway.gateway_process import Answer, GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.upstream_server import UpstreamServer, reply
from tests.gateway.waiting import until

PATH = "/clinic/v1/practitioners"
ADVICE = "Write to security@clinic.example."


async def in_force(scene: Scene, position: bytes) -> None:
    """Wait for the receipts of every gateway."""
    await until(lambda: scene.publisher.is_applied(position))


def problem(answer: Answer) -> dict[str, object]:
    body = msgspec.json.decode(answer.body)
    body["type"] = body["type"].rstrip("/").rpartition("/")[2]
    return body


async def test_a_block_says_which_restriction_and_what_to_do_and_lifting_it_restores(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    key, sister = scene.new_key(), scene.new_key()
    before = await gateway.get(PATH, key)
    await in_force(scene, scene.restrict(credential=key[-8:], advice=ADVICE))
    refused = await gateway.get(PATH, key)
    assert (refused.status, refused.header("Cache-Control")) == (403, "no-store")
    told = problem(refused)
    assert (told["type"], told["restriction"], told["advice"]) == ("restricted", "R-1", ADVICE)
    assert (await gateway.get(PATH, sister)).body == before.body
    assert len(upstream.requests) == 2
    await until(lambda: len(scene.publisher.rows()) == 3)
    rows = {row.request_id: row for row in scene.publisher.rows()}
    row = rows[refused.header("X-Request-Id")]
    assert (row.outcome, row.problem, row.restriction, row.operation) == ("refused", "restricted", "R-1", "op_list")
    assert sorted(row.restriction for row in rows.values()) == ["", "", "R-1"]
    await in_force(scene, scene.lift())
    restored = await gateway.get(PATH, key)
    assert (restored.status, restored.body) == (200, before.body)


async def test_what_is_refused_anyway_is_refused_as_if_there_were_no_restriction(
    gateway: GatewayProcess, scene: Scene
) -> None:
    key, foreign = scene.new_key(), scene.new_key(networks=("203.0.113.0/24",))
    await in_force(scene, scene.restrict())
    asked = [
        *((PATH, "", "GET"), ("/nothing/v1/x", key, "GET"), ("/clinic/v1/hidden", key, "GET"), (PATH, key, "DELETE")),
        *(("/clinic/v1/secret", key, "GET"), (PATH, foreign, "GET")),
    ]
    answers = [await gateway.get(path, secret, method=method) for path, secret, method in asked]
    assert [problem(answer)["type"] for answer in answers] == [
        *("unauthenticated", "not-found", "not-found", "method-not-allowed", "insufficient-scope", "network-refused")
    ]
    assert [row.restriction for row in scene.publisher.rows() if row.restriction] == []


async def test_a_throttle_counts_the_whole_organisation_beside_the_plans_limits(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    keys = [scene.new_key(), scene.new_key("test")]
    throttle = Throttle(3, 3600)
    await in_force(scene, scene.restrict("rst_slow", "throttle", throttle=throttle, organisation="org", advice=ADVICE))
    answers = [await gateway.get(PATH, keys[turn % 2]) for turn in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer.header("RateLimit-Policy") for answer in answers] == ['"R-SLOW";q=3;w=3600'] * 5
    assert (answers[0].header("RateLimit"), answers[4].header("RateLimit")) == (
        *('"R-SLOW";r=2;t=1200', '"R-SLOW";r=0;t=3600'),
    )
    told = problem(answers[4])
    assert (told["type"], told["violated-policies"], told["restriction"]) == ("rate-limited", ["R-SLOW"], "R-SLOW")
    assert (told["advice"], answers[4].header("Retry-After")) == (ADVICE, "1200")
    await until(lambda: len(scene.publisher.rows()) == 5)
    assert sorted(row.restriction for row in scene.publisher.rows()) == ["", "", "", "R-SLOW", "R-SLOW"]
    assert len(upstream.requests) == 3
    await in_force(scene, scene.lift("rst_slow"))
    restored = await gateway.get(PATH, keys[0])
    assert (restored.status, restored.header("RateLimit-Policy")) == (200, None)


async def test_a_mask_comes_to_the_plans_and_leaves_all_others_streaming(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    upstream.answer = reply(b'{"a": 1, "b": "long", "c": [1.10]}', b"200 OK", b"application/json", b'ETag: "7"')
    key, sister = scene.new_key(), scene.new_key()
    whole = (await gateway.get(PATH, key)).body
    masks = (MaskRule("$.b", "truncate", keep=2), MaskRule("$.gone", "remove"))
    await in_force(scene, scene.restrict("rst_m", "mask", masks=masks, credential=key[-8:], operation="op_list"))
    masked, other = await gateway.get(PATH, key), await gateway.get(PATH + "/7", key)
    assert (masked.body, masked.header("ETag")) == (b'{"a":1,"b":"lo","c":[1.10]}', None)
    assert (other.body, other.header("ETag")) == (whole, '"7"')
    assert (await gateway.get(PATH, sister)).body == whole
    position = scene.publish_plan(masks=[Mask(MaskRule("$.b", "redact")), Mask(MaskRule("$.a", "remove"))])
    await in_force(scene, position)
    assert (await gateway.get(PATH, key)).body == b'{"b":null,"c":[1.10]}'
    await until(lambda: len(scene.publisher.rows()) == 5)
    assert sorted((row.restriction, row.masked) for row in scene.publisher.rows() if row.restriction) == [
        *(("R-M", ("$.b",)), ("R-M", ("$.b", "$.a"))),
    ]


async def test_a_mask_that_cannot_be_applied_withholds_the_answer(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    upstream.answer = reply(b"c4n4ry", b"200 OK", b"text/plain")
    key, sister = scene.new_key(), scene.new_key()
    rule = MaskRule("$.b", "remove")
    await in_force(scene, scene.restrict(how="mask", masks=(rule,), credential=key[-8:]))
    withheld = await gateway.get(PATH, key)
    assert (withheld.status, problem(withheld)["type"]) == (502, "response-withheld")
    assert (await gateway.get(PATH, sister)).body == b"c4n4ry"
    await in_force(scene, scene.restrict(how="mask", masks=(MaskRule("not a path", "remove"),), credential=key[-8:]))
    assert problem(await gateway.get(PATH, key))["type"] == "response-withheld"
    await in_force(scene, scene.restrict(how="mask", masks=(), credential=key[-8:]))
    assert problem(await gateway.get(PATH, key))["type"] == "restricted"
