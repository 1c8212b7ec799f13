"""At the gateway: every axis withholds exactly its calls and no others, and times hold on Valkey's clock."""

import asyncio
from typing import NamedTuple

import pytest

from contract.key_format import digest_key, mint_key
from contract.masking.rules import MaskRule
from contract.records import (
    Api,
    Application,
    Credential,
    Operation,
    Organisation,
    Plan,
    Restriction,
    Secret,
    Subscription,
    Throttle,
    Version,
)
from contract.restrictions import is_in_force
from restrictions.gcra import Throttled
from tests.gateway.gateway_process import Answer, Client, GatewayProcess
from tests.gateway.publishing import PEPPER, Scene
from tests.gateway.upstream_server import UpstreamServer, reply
from tests.gateway.waiting import until

PATH = "/clinic/v1/practitioners"


class Asked(NamedTuple):
    """One call and its place on every axis."""

    key: str
    path: str
    organisation: str
    application: str
    credential: str
    user: str
    plan: str
    api: str
    version: str
    operation: str
    scope: str
    address: str


def furnish(scene: Scene) -> list[Asked]:
    """Two organisations, three applications, four keys of two people, two plans, two APIs, three versions."""
    publish = scene.publisher.publish
    versions = ("ver1", "ver2", "ver3")
    for name in ("ver2", "ver3"):
        operations = (("GET", "/list", f"op_{name}"), ("GET", "/read", f"op_{name}_read"))
        publish("version", name, Version(name, "api", name, "live", scene.upstream_url, operations=operations))
        publish("operation", f"op_{name}", Operation(f"op_{name}", name, "GET", "/list"))
        publish("operation", f"op_{name}_read", Operation(f"op_{name}_read", name, "GET", "/read", "secrets:read"))
    publish("api", "clinic", Api("api1", "clinic", {"v1": "ver1", "v2": "ver2"}))
    publish("api", "lab", Api("api2", "lab", {"v1": "ver3"}))
    publish("organisation", "org2", Organisation("org2", 1))
    for plan in ("plan1", "plan2"):
        publish("plan", plan, Plan(plan, plan, versions=versions, scopes=("secrets:read",)))
    owned = (("app", "org", "plan1"), ("app2", "org", "plan2"), ("app3", "org2", "plan1"))
    for application, organisation, plan in owned:
        publish("application", application, Application(application, organisation))
        for api in ("api1", "api2"):
            publish("subscription", f"{application}/{api}", Subscription(f"sub_{application}_{api}", plan))
    scene.publisher.open_epoch()
    callers = [
        new_caller(scene, "key_1", "org", "app", "usr_1", "plan1", "127.0.0.1"),
        new_caller(scene, "key_2", "org", "app", "usr_2", "plan1", "127.0.0.2"),
        new_caller(scene, "key_3", "org", "app2", "usr_1", "plan2", "127.0.0.3"),
        new_caller(scene, "key_4", "org2", "app3", "usr_2", "plan1", "127.0.1.1"),
    ]
    return [called for caller in callers for called in calls_of(caller)]


def new_caller(scene: Scene, key_id: str, organisation: str, application: str, user: str, plan: str, at: str) -> Asked:
    key = mint_key("live")
    credential = Credential(key_id, application, "live", ("secrets:read",), user=user)
    scene.publisher.publish("credential", key_id, credential)
    scene.publisher.publish("secret", digest_key(key, PEPPER.encode()), Secret(key_id))
    return Asked(key, "", organisation, application, key_id, user, plan, "", "", "", "", at)


def calls_of(caller: Asked) -> list[Asked]:
    return [
        caller._replace(path=path, api=api, version=version, operation=operation, scope=scope)
        for path, api, version, operation, scope in (
            (PATH, "api1", "ver1", "op_list", ""),
            ("/clinic/v1/secret", "api1", "ver1", "op_secret", "secrets:read"),
            ("/clinic/v2/list", "api1", "ver2", "op_ver2", ""),
            ("/lab/v1/read", "api2", "ver3", "op_ver3_read", "secrets:read"),
        )
    ]


async def answers_to(gateway: GatewayProcess, calls: list[Asked]) -> dict[Asked, Answer]:
    """Each caller on a connection from its own address."""

    async def ask(caller: str) -> dict[Asked, Answer]:
        own = [call for call in calls if call.key == caller]
        async with Client(gateway.port, own[0].address) as client:
            return {call: await client.ask(call.path, call.key) for call in own}

    found: dict[Asked, Answer] = {}
    for part in await asyncio.gather(*(ask(caller) for caller in dict.fromkeys(call.key for call in calls))):
        found |= part
    return found


AXES: dict[str, dict[str, str]] = {
    "everything": {},
    "organisation": {"organisation": "org"},
    "application": {"application": "app"},
    "credential": {"credential": "key_2"},
    "user": {"user": "usr_1"},
    "plan": {"plan": "plan2"},
    "network": {"address": "127.0.0.0/30"},
    "api": {"api": "api1"},
    "version": {"version": "ver2"},
    "operation": {"operation": "op_list"},
    "scope": {"scope": "secrets:read"},
    "who and what": {"user": "usr_2", "version": "ver1"},
    "three of them": {"address": "127.0.0.0/24", "plan": "plan1", "scope": "secrets:read"},
    "what never meets": {"organisation": "org2", "application": "app"},
}
_THREE = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
WITHIN = {"127.0.0.0/30": _THREE, "127.0.0.0/24": _THREE}


def is_meant(call: Asked, axes: dict[str, str]) -> bool:
    return all(getattr(call, axis) in WITHIN.get(value, (value,)) for axis, value in axes.items())


async def test_each_axis_withholds_exactly_its_calls_and_lifting_restores_them(
    gateway: GatewayProcess, scene: Scene
) -> None:
    calls = furnish(scene)
    furnished = scene.lift("rst_none")
    await until(lambda: scene.publisher.is_applied(furnished))
    before = {call: answer.body for call, answer in (await answers_to(gateway, calls)).items()}
    for axes in AXES.values():
        named: dict[str, object] = {axis: value for axis, value in axes.items() if axis != "address"}
        networks = (axes["address"],) if "address" in axes else ()
        position = scene.restrict(**named, networks=networks)
        await until(lambda position=position: scene.publisher.is_applied(position))
        after = await answers_to(gateway, calls)
        refused = {call for call, answer in after.items() if answer.status == 403}
        assert refused == {call for call in calls if is_meant(call, axes)}
        assert {call: after[call].body for call in calls if call not in refused} == {
            call: body for call, body in before.items() if call not in refused
        }
    position = scene.lift()
    await until(lambda: scene.publisher.is_applied(position))
    assert {call: answer.body for call, answer in (await answers_to(gateway, calls)).items()} == before


PLAIN = b'{"a":1,"b":2}'
WINDOWS_MS = (300, 2_000, 10_000)


@pytest.mark.parametrize("how", ["block", "throttle", "mask"])
async def test_start_and_end_hold_to_the_millisecond_of_valkeys_clock(
    gateway: GatewayProcess, scene: Scene, upstream: UpstreamServer, how: str
) -> None:
    """On a machine that stood still for a whole window, no call was made in it: then a longer one is watched."""
    upstream.answer = reply(PLAIN)
    key, sister = scene.new_key(), scene.new_key()
    assert (await gateway.get(PATH, key)).status == (await gateway.get(PATH, sister)).status == 200
    seen: dict[str, Answer] = {}
    neighbours: list[bytes] = []
    for number, window_ms in enumerate(WINDOWS_MS):
        timed = timed_restriction(how, f"rst_{number}", key[-8:], scene.publisher.now_ms() + window_ms, window_ms)
        position = scene.publisher.publish("restriction", timed.id, timed)
        await until(lambda position=position: scene.publisher.is_applied(position))
        asked_before = set(seen)
        await asyncio.gather(*(call_around(gateway, scene, timed, (key, sister), seen, neighbours) for _ in range(3)))
        await until(lambda: len(scene.publisher.rows()) == len(seen) + len(neighbours) + 2, 30)
        rows = [row for row in scene.publisher.rows() if row.request_id in seen.keys() - asked_before]
        rows.sort(key=lambda row: row.at_ms)
        meant = [row for row in rows if is_in_force(timed, row.at_ms)]
        changed = [row for row in rows if seen[row.request_id].body != PLAIN]
        assert {row.restriction for row in changed} <= {timed.reference}
        if how == "throttle":
            assert len(changed) == max(len(meant) - 1, 0)
            assert {row.request_id for row in changed} <= {row.request_id for row in meant}
        else:
            assert changed == meant
        assert set(neighbours) == {PLAIN}
        if changed and rows[0] not in meant and rows[-1] not in meant:
            return
    raise AssertionError("in no window were there calls before, within and after")


def timed_restriction(how: str, name: str, credential: str, starts_at_ms: int, window_ms: int) -> Restriction:
    return Restriction(
        *(name, how, f"R-{name}"),
        credential=credential,
        throttle=Throttle(1, 3600) if how == "throttle" else None,
        masks=(MaskRule("$.b", "remove"),) if how == "mask" else (),
        starts_at_ms=starts_at_ms,
        ends_at_ms=starts_at_ms + window_ms,
    )


async def call_around(
    gateway: GatewayProcess,
    scene: Scene,
    timed: Restriction,
    keys: tuple[str, str],
    seen: dict[str, Answer],
    neighbours: list[bytes],
) -> None:
    """Call with the restricted key and its sister from now until after the end."""
    assert timed.ends_at_ms is not None
    is_over = False
    async with Client(gateway.port) as client:
        while not is_over:
            is_over = scene.publisher.now_ms() > timed.ends_at_ms + 50
            answer = await client.ask(PATH, keys[0])
            seen[answer.header("X-Request-Id") or ""] = answer
            neighbours.append((await client.ask(PATH, keys[1])).body)


async def test_a_throttle_admits_what_its_replay_over_the_log_admits(gateway: GatewayProcess, scene: Scene) -> None:
    throttle = Throttle(20, 1, burst=3)
    scene.publisher.publish("operation", "op_list", Operation("op_list", "ver1", "GET", "/practitioners", cost=5))
    keys = [scene.new_key() for _ in range(3)]
    position = scene.restrict(how="throttle", throttle=throttle, organisation="org")
    await until(lambda: scene.publisher.is_applied(position))
    for _ in range(3):
        answers = await asyncio.gather(*(gateway.get(PATH, key) for key in keys * 3))
        await asyncio.sleep(max(float(answer.header("Retry-After") or 0) for answer in answers) / 4)
    await until(lambda: len(scene.publisher.rows()) == 27)
    assert 3 < [row.outcome for row in scene.publisher.rows()].count("answered") < 27
    replay = Throttled(throttle)
    by_moment: dict[int, list[str]] = {}
    for row in scene.publisher.rows():
        by_moment.setdefault(row.at_ms, []).append(row.outcome)
    for at_ms, outcomes in sorted(by_moment.items()):
        admitted = sum(replay.admits("org", at_ms) for _ in outcomes)
        assert admitted == outcomes.count("answered")
