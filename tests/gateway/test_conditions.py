"""A condition refuses exactly those that do not meet it, says what is needed, and is looked at again at admission and
after every change, on both ways that a call can take."""

from typing import Any

import msgspec
import pytest

from contract.records import Credential, Member, Requirement, Restriction, Window
from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.rig import NOW_MS, Conversation, Rig, settle
from tests.gateway.test_plain_calls import GET, request
from tests.gateway.test_proofs import prove
from tests.gateway.test_restrictions import in_force, problem
from tests.gateway.tokens import TokenServer

CALL = "GET /clinic/v1/practitioners HTTP/1.1"
MINUTE = 60_000
#: `NOW_MS` is a Friday, 8 o'clock.
FRIDAY = 4
OWNERS, BOUND = Requirement(roles=("owner",)), Requirement(dpop=True)


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    set_role(rig, "owner")
    rig.key = rig.scene.new_key(scopes=("secrets:read",), user="maker")
    return rig


def set_role(rig: Rig, role: str | None) -> None:
    """Publish what the maker of the key is, and apply it as the feed does."""
    rig.memory.publish("member", "org/maker", Member("org/maker", role) if role else None)
    rig.cache.drop(("member", "org/maker"), 2)


def require(rig: Rig, requirement: Requirement | None, restriction_id: str = "rst_1", **facts: Any) -> None:
    facts = {"requirement": requirement, **facts}
    reference = f"R-{restriction_id.removeprefix('rst_').upper()}"
    rig.restrict(Restriction(restriction_id, "require", reference, **facts))


def during(first_minute: int, last_minute: int) -> Requirement:
    """A window of the day of `NOW_MS`, in minutes from then."""
    return Requirement(windows=(Window((FRIDAY,), 480 + first_minute, 480 + last_minute),))


async def ask(rig: Rig, line: str = CALL) -> Conversation:
    return await rig.ask(line, f"X-API-Key: {rig.key}")


def told(result: Conversation) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(result.answers.partition(b"\r\n\r\n")[2])
    return body


async def test_what_is_needed_is_said_without_addresses_and_the_row_names_the_condition(rig: Rig) -> None:
    require(rig, Requirement(("10.0.0.0/8",), roles=("developer", "viewer")), advice="Ask the desk")
    refused = told(await ask(rig))
    assert (refused["status"], refused["type"].split("/")[-2]) == (403, "condition-not-met")
    assert (refused["restriction"], refused["advice"]) == ("R-1", "Ask the desk")
    expected = "What is needed: a call from an allowed network; a credential made by a Developer or a Viewer."
    assert refused["detail"] == expected
    assert "10.0.0" not in msgspec.json.encode(refused).decode()
    (row,) = rig.ledger.rows
    assert (row.problem, row.restriction, row.outcome, row.bound) == ("condition-not-met", "R-1", "refused", False)
    assert (rig.upstream.seen, rig.ledger.admitted) == ([], 0)


async def test_a_bound_token_is_asked_for_by_a_challenge_and_nothing_else_meets_it(rig: Rig) -> None:
    server = TokenServer(rig.scene, now_ms=lambda: NOW_MS)
    require(rig, BOUND)
    by_key = await ask(rig)
    assert b'WWW-Authenticate: DPoP error="invalid_token", error_description="The call must come' in by_key.answers
    assert b'algs="ES256 EdDSA"' in by_key.answers
    assert (by_key.statuses, told(by_key)["type"].split("/")[-2]) == ([401], "sender-constraint-required")
    unbound = await rig.ask(CALL, f"Authorization: Bearer {server.mint()}")
    assert (unbound.statuses, rig.ledger.rows[-1].problem) == ([401], "sender-constraint-required")
    token = server.mint_bound()
    borne = await rig.ask(CALL, f"Authorization: Bearer {token}")
    assert (borne.statuses, rig.ledger.strangers) == ([401], ["unauthenticated"])
    met = await prove(rig, token, server.prove(token))
    assert (met.statuses, rig.ledger.rows[-1].bound, rig.ledger.rows[-1].restriction) == ([200], True, "")


@pytest.mark.parametrize("role", ["owner", "developer", None])
async def test_the_role_is_that_of_who_made_the_client_not_of_the_end_user(rig: Rig, role: str | None) -> None:
    server = TokenServer(rig.scene, now_ms=lambda: NOW_MS)
    rig.memory.publish("member", "org/usr_1", Member("org/usr_1", "owner"))
    rig.memory.publish("member", "elsewhere/maker", Member("elsewhere/maker", "owner"))
    set_role(rig, role)
    require(rig, OWNERS)
    expected = [200] if role == "owner" else [403]
    assert (await ask(rig)).statuses == expected
    assert (await rig.ask(CALL, f"Authorization: Bearer {server.mint_for_user()}")).statuses == expected


async def test_a_credential_that_nobody_made_meets_no_role(rig: Rig) -> None:
    rig.key = rig.scene.new_key()
    require(rig, Requirement(roles=("owner", "developer", "billing", "viewer", "")))
    assert (await ask(rig)).statuses == [403]


@pytest.mark.parametrize("requirement", [None, Requirement(), Requirement(timezone="Europe/Berlin")])
async def test_one_that_does_not_say_what_it_requires_withholds_all(rig: Rig, requirement: Requirement | None) -> None:
    require(rig, requirement)
    assert told(await ask(rig))["type"].split("/")[-2] == "restricted"


async def test_a_block_goes_first_and_of_conditions_the_one_made_first(rig: Rig) -> None:
    require(rig, Requirement(("10.0.0.0/8",)), "rst_b", made_at_ms=1)
    require(rig, BOUND, "rst_a", made_at_ms=2)
    refused = told(await ask(rig))
    assert (refused["status"], refused["restriction"]) == (403, "R-B")
    rig.restrict(Restriction("rst_c", "block", "R-C", made_at_ms=3))
    assert told(await ask(rig))["restriction"] == "R-C"


async def test_it_holds_on_undocumented_paths_of_its_version_and_on_no_other_operation(rig: Rig) -> None:
    api = rig.memory.stored["pc:r:api:clinic"].replace(b'"unmatched":"refuse"', b'"unmatched":"shadow"')
    rig.memory.stored["pc:r:api:clinic"] = api
    require(rig, BOUND, scope="secrets:read", version="ver1")
    asked = ("/clinic/v1/practitioners", "/clinic/v1/secret", "/clinic/v1/undocumented")
    assert [(await ask(rig, f"GET {path} HTTP/1.1")).statuses for path in asked] == [[200], [401], [401]]


@pytest.mark.parametrize("is_plain", [True, False])
async def test_a_window_that_closes_is_closed_on_open_connections_too(rig: Rig, is_plain: bool) -> None:
    if not is_plain:
        rig.serving.start_plain = lambda client, buffer: False  # type: ignore[method-assign]
    require(rig, during(-1, 5))
    connection, transport = rig.connect()
    statuses = []
    for minutes in (0, 1, 2, 5, 6):
        rig.ledger.now_ms = NOW_MS + minutes * MINUTE
        connection.data_received(request(rig.key, *GET))
        await settle(connection, transport)
        statuses.append(bytes(transport.written).rpartition(b"HTTP/1.1 ")[2][:3])
    assert statuses == [b"200"] * 3 + [b"403"] * 2
    assert (rig.ledger.told > 0, rig.log.crashes) == (is_plain, [])
    transport.abort()


@pytest.mark.parametrize("is_plain", [True, False])
async def test_a_window_that_closes_before_the_verdict_refuses_and_gives_back(rig: Rig, is_plain: bool) -> None:
    if not is_plain:
        rig.serving.start_plain = lambda client, buffer: False  # type: ignore[method-assign]
    require(rig, during(-1, 5))
    connection, transport = rig.connect()
    for _ in range(2):
        connection.data_received(request(rig.key, *GET))
        await settle(connection, transport)
    rig.ledger.ahead_ms = 5 * MINUTE
    seen = len(rig.upstream.seen)
    connection.data_received(request(rig.key, *GET))
    await settle(connection, transport)
    assert bytes(transport.written).rpartition(b"HTTP/1.1 ")[2][:3] == b"403"
    # The plain way decides anew by its own clock, which lags behind here, so that the general way undoes once more.
    assert (len(rig.upstream.seen), rig.ledger.undone, rig.log.crashes) == (seen, 2 if is_plain else 1, [])
    transport.abort()


async def test_plain_calls_go_on_while_a_condition_is_met_and_end_with_the_role(rig: Rig) -> None:
    require(rig, OWNERS)
    require(rig, during(0, 5), "rst_later", starts_at_ms=NOW_MS + MINUTE)
    connection, transport = rig.connect()
    statuses = []
    for role in ("owner", None, None, "viewer", "owner", None):
        if role:
            set_role(rig, role)
        connection.data_received(request(rig.key, *GET))
        await settle(connection, transport)
        statuses.append(bytes(transport.written).rpartition(b"HTTP/1.1 ")[2][:3])
    assert statuses == [*[b"200"] * 3, b"403", b"200", b"200"]
    assert rig.ledger.told == 3
    transport.abort()


async def test_a_role_that_ends_is_in_force_with_the_receipt(gateway: GatewayProcess, scene: Scene) -> None:
    key, path = scene.new_key(), "/clinic/v1/practitioners"
    publish = scene.publisher.publish
    publish("member", "org/maker", Member("org/maker", "owner"))
    await in_force(scene, publish("credential", key[-8:], Credential(key[-8:], "app", "live", user="maker")))
    await in_force(scene, scene.restrict(how="require", requirement=OWNERS))
    assert (await gateway.get(path, key)).status == 200
    for member, status in ((None, 403), (Member("org/maker", "owner"), 200), (Member("org/maker", "viewer"), 403)):
        await in_force(scene, publish("member", "org/maker", member))
        assert (await gateway.get(path, key)).status == status
    assert problem(await gateway.get(path, key))["restriction"] == "R-1"
