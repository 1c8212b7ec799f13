"""Which refusal comes first, what an outsider can learn, and what the answers' headers say."""

import asyncio

import msgspec
import pytest

from contract.calls import CallRow
from contract.key_format import digest_key, mint_key
from contract.masking.rules import MaskRule
from contract.records import Application, Credential, Mask, Organisation, Secret, Subscription
from gateway.authorise import refuse_foreign_network, refuse_invalid_identity
from gateway.grants import Identity
from gateway.refusal import Refused
from tests.gateway.publishing import PEPPER
from tests.gateway.rig import Conversation, Rig

HOUR_MS = 3_600_000
NOW_MS = 1_800_000_000_000
ERROR = 'error="invalid_token"'
UNKNOWN = mint_key("live")


@pytest.fixture
def rig() -> Rig:
    return Rig()


def problem(result: Conversation) -> dict[str, object]:
    """The one problem that was answered."""
    assert len(result.statuses) == 1
    head, _, body = result.answers.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    return msgspec.json.decode(body)


async def slug(rig: Rig, *lines: str, **how: object) -> str:
    """The refusal's slug; nothing reached the upstream and nothing was admitted."""
    before = rig.ledger.admitted
    result = await rig.ask(*lines, **how)  # type: ignore[arg-type]
    assert (result.received, rig.ledger.admitted) == (b"", before)
    told = problem(result)
    assert told["status"] == result.statuses[0]
    return str(told["type"]).removeprefix("https://portal.test/problems/").removesuffix("/")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/clinic",
        "/clinic/v1/practitioners",
        "/clinic/v9/x",
        "/none/v1/x",
        "/clinic/v1/hidden",
        "/clinic/v1/nothing",
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS", "FOO"])
async def test_without_a_valid_credential_every_path_answers_alike(rig: Rig, method: str, path: str) -> None:
    asked = [
        await rig.ask(f"{method} {path} HTTP/1.1", *lines)
        for lines in ((), (f"X-API-Key: {UNKNOWN}",), ("X-API-Key: x",))
    ]
    heads = [result.answers.partition(b"\r\n\r\n")[0] for result in asked]
    assert [result.statuses for result in asked] == [[401]] * 3
    name = path.split("/")[1]
    place = f'resource_metadata="https://gateway.test/.well-known/oauth-protected-resource/{name}"' if name else ""
    assert f"\r\nWWW-Authenticate: {f'Bearer {place}'.strip()}\r\n".encode() in heads[0]
    invalid = f"WWW-Authenticate: Bearer {', '.join(filter(None, (ERROR, place)))}\r\n".encode()
    assert all(invalid in head for head in heads[1:])
    assert rig.ledger.strangers == ["unauthenticated"] * 3
    assert rig.ledger.rows == []


async def test_refusals_come_in_their_order(rig: Rig) -> None:
    scene, key = rig.scene, f"X-API-Key: {rig.key}"
    narrow = f"X-API-Key: {scene.new_key()}"
    assert await slug(rig, "GET /none/v1/x HTTP/1.1", key) == "not-found"
    assert await slug(rig, "GET /clinic/v9/x HTTP/1.1", key) == "not-found"
    assert await slug(rig, "GET /clinic/v1/hidden HTTP/1.1", key) == "not-found"
    assert await slug(rig, "DELETE /clinic/v1/hidden HTTP/1.1", key) == "not-found"
    assert await slug(rig, "GET /clinic/v1/nothing HTTP/1.1", key) == "not-found"
    assert await slug(rig, "DELETE /clinic/v1/secret HTTP/1.1", narrow) == "method-not-allowed"
    assert await slug(rig, "GET /clinic/v1/secret HTTP/1.1", narrow) == "insufficient-scope"
    assert (
        await slug(rig, "GET /clinic/v1/practitioners HTTP/1.1", key, "Upgrade: websocket", "Connection: upgrade")
        == "not-implemented"
    )
    rig = Rig()
    rig.scene.publish_version(state="retired")
    narrow = f"X-API-Key: {rig.scene.new_key()}"
    assert await slug(rig, "GET /clinic/v1/hidden HTTP/1.1", narrow) == "not-found"
    assert await slug(rig, "DELETE /clinic/v1/secret HTTP/1.1", narrow) == "method-not-allowed"
    assert await slug(rig, "GET /clinic/v1/secret HTTP/1.1", narrow) == "insufficient-scope"
    assert await slug(rig, "GET /clinic/v1/practitioners HTTP/1.1", narrow) == "version-retired"
    assert [row.outcome for row in rig.ledger.rows] == ["refused"] * 4


async def test_allow_names_what_the_plan_shows(rig: Rig) -> None:
    result = await rig.ask("DELETE /clinic/v1/practitioners HTTP/1.1", f"X-API-Key: {rig.key}")
    assert b"\r\nAllow: GET, HEAD, POST\r\n" in result.answers


async def test_the_scope_that_lacks_is_named(rig: Rig) -> None:
    result = await rig.ask("GET /clinic/v1/secret HTTP/1.1", f"X-API-Key: {rig.scene.new_key()}")
    assert b'WWW-Authenticate: Bearer error="insufficient_scope", scope="secrets:read"\r\n' in result.answers


@pytest.mark.parametrize(
    "lines",
    [
        ("X-HTTP-Method-Override: DELETE",),
        ("X-HTTP-Method: DELETE", "X-Method-Override: DELETE"),
        ("X-Original-URL: /hidden", "X-Rewrite-URL: /hidden"),
    ],
)
async def test_fields_cannot_change_method_or_path(rig: Rig, lines: tuple[str, ...]) -> None:
    (seen,) = (await rig.ask("GET /clinic/v1/practitioners HTTP/1.1", f"X-API-Key: {rig.key}", *lines)).seen
    assert (seen.method, seen.target) == (b"GET", b"/base/practitioners")
    assert not any(name.startswith((b"x-http", b"x-method", b"x-original", b"x-rewrite")) for name, _ in seen.headers)


async def test_a_key_in_the_address_is_refused_and_two_are_too(rig: Rig) -> None:
    assert (
        await slug(rig, f"GET /clinic/v1/practitioners?key={rig.key} HTTP/1.1", f"X-API-Key: {rig.key}")
        == "key-in-query"
    )
    assert (
        await slug(rig, "GET /clinic/v1/practitioners HTTP/1.1", f"X-API-Key: {rig.key}", "Authorization: Bearer x")
        == "two-credentials"
    )
    assert rig.ledger.rows == []


async def test_forwarded_for_counts_from_trusted_proxies_only() -> None:
    rig = Rig(proxies=("10.0.0.0/8",))
    lines = (
        "GET /clinic/v1/practitioners HTTP/1.1",
        f"X-API-Key: {rig.key}",
        "X-Forwarded-For: 1.1.1.1, 203.0.113.9",
        "X-Forwarded-Proto: https",
    )
    for peer, address, scheme in (("10.0.0.1", b"203.0.113.9", b"https"), ("192.0.2.1", b"192.0.2.1", b"http")):
        (seen,) = (await rig.ask(*lines, peer=peer)).seen
        assert (seen.values(b"x-forwarded-for"), seen.values(b"x-forwarded-proto")) == ([address], [scheme])
        assert rig.ledger.rows[-1].address == address.decode()
    split = (*lines[:2], "X-Forwarded-For: 203.0.113.9", "x-forwarded-for: 10.0.0.2")
    (seen,) = (await rig.ask(*split, peer="10.0.0.1")).seen
    assert seen.values(b"x-forwarded-for") == [b"203.0.113.9"]


async def test_a_request_id_is_taken_from_trusted_proxies_and_never_names_the_call() -> None:
    rig = Rig(proxies=("10.0.0.0/8",))
    lines = ("GET /clinic/v1/practitioners HTTP/1.1", f"X-API-Key: {rig.key}", "X-Request-Id: abc-1")
    answers = [await rig.ask(*lines, peer=peer) for peer in ("10.0.0.1", "10.0.0.1", "192.0.2.1")]
    rows: list[CallRow] = rig.ledger.rows
    assert [row.client_request_id for row in rows] == ["abc-1", "abc-1", ""]
    assert len({row.request_id for row in rows}) == 3
    shown = [b"abc-1", b"abc-1", rows[2].request_id.encode()]
    assert [result.seen[0].values(b"x-request-id") for result in answers] == [[one] for one in shown]
    assert all(b"X-Request-Id: %b\r\n" % one in result.answers for one, result in zip(shown, answers, strict=True))
    refused = await rig.ask("GET /none/v1/x HTTP/1.1", *lines[1:], peer="10.0.0.1")
    assert problem(refused)["request_id"] == "abc-1"


async def test_plain_http_is_refused_before_the_key_is_looked_at() -> None:
    rig = Rig(proxies=("10.0.0.0/8",), require_tls=True)
    lines = ("GET /clinic/v1/practitioners HTTP/1.1", f"X-API-Key: {rig.key}")
    https = (*lines, "X-Forwarded-Proto: https")
    assert await slug(rig, *lines) == "tls-required"
    assert await slug(rig, *https) == "tls-required"
    assert await slug(rig, *lines, peer="10.0.0.1") == "tls-required"
    assert await slug(rig, *https, "X-Forwarded-Proto: http", peer="10.0.0.1") == "tls-required"
    assert rig.memory.asked == 0
    assert (await rig.ask(*https, peer="10.0.0.1")).statuses == [200]
    strict = b"\r\nStrict-Transport-Security: max-age=31536000\r\n"
    result = await rig.ask(*lines, scheme=b"https")
    assert (result.statuses, strict in result.answers) == ([200], True)
    assert strict in (await rig.ask(lines[0], scheme=b"https")).answers
    assert strict not in (await rig.ask(*https)).answers
    assert strict not in (await Rig().ask(lines[0], scheme=b"https")).answers
    assert (await rig.ask("GET /healthz HTTP/1.1")).statuses == [200]


async def test_a_flood_of_unknown_keys_costs_no_look_ups_and_leaves_known_ones_alone() -> None:
    rig = Rig(failed_per_minute=10)
    known = ("GET /clinic/v1/practitioners HTTP/1.1", f"X-API-Key: {rig.key}")
    assert (await rig.ask(*known)).statuses == [200]
    statuses = [(await rig.ask(known[0], f"X-API-Key: {mint_key('live')}")).statuses[0] for _ in range(30)]
    assert statuses == [401] * 10 + [429] * 20
    asked = rig.memory.asked
    assert await slug(rig, known[0], f"X-API-Key: {rig.scene.new_key()}") == "too-many-attempts"
    rig.cache.drop(("plan", "plan1"), 99)
    assert (await rig.ask(*known)).statuses == [200], "a grant that went stale is not a new key"
    assert rig.memory.asked == asked + 1
    assert (await rig.ask(known[0], f"X-API-Key: {rig.scene.new_key()}", peer="198.51.100.1")).statuses == [200]
    assert [(await rig.ask(known[0], "X-API-Key: x")).statuses[0] for _ in range(12)] == [401] * 10 + [429] * 2
    assert rig.ledger.strangers.count("too-many-attempts") == 23


async def test_a_crowd_with_one_good_key_is_no_flood() -> None:
    rig = Rig(failed_per_minute=10)
    line, key = "GET /clinic/v1/practitioners HTTP/1.1", f"X-API-Key: {rig.key}"
    answers = await asyncio.gather(*(rig.ask(line, key) for _ in range(30)))
    assert [answer.statuses for answer in answers] == [[200]] * 30


async def test_a_masked_write_with_a_condition_spends_nothing(rig: Rig) -> None:
    rig.scene.publish_plan(masks=[Mask(MaskRule("$.a", "remove"))])
    line, key = "POST /clinic/v1/practitioners HTTP/1.1", f"X-API-Key: {rig.key}"
    assert await slug(rig, line, key, 'If-Match: "x"') == "precondition-failed"
    assert (await rig.ask(line, key, "If-Match: *")).statuses == [200]


async def test_an_answer_that_breaks_the_masker_is_withheld(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RecursionError("c4n4ry")

    rig.scene.publish_plan(masks=[Mask(MaskRule("$.a", "remove"))])
    rig.upstream.answer = rig.upstream.answer.replace(b"\r\n\r\n{}", b"\r\n\r\n[]")
    monkeypatch.setattr("contract.masking.masker._encode", broken)
    result = await rig.ask("GET /clinic/v1/practitioners HTTP/1.1", f"X-API-Key: {rig.key}")
    assert str(problem(result)["type"]).endswith("/problems/response-withheld/")
    assert b"c4n4ry" not in result.answers
    assert [row.outcome for row in rig.ledger.rows] == ["withheld"]
    assert [type(error) for error in rig.log.crashes] == [RecursionError]


def identity(**changes: object) -> Identity:
    parts = {
        "secret": Secret("cred"),
        "credential": Credential("cred", "app", "live"),
        "application": Application("app", "org"),
        "organisation": Organisation("org", 0),
    }
    return Identity(**{**parts, **changes})  # type: ignore[arg-type]


def test_an_identity_is_valid_as_a_whole() -> None:
    refuse_invalid_identity(identity(), NOW_MS)
    refuse_invalid_identity(identity(secret=Secret("cred", not_after_ms=NOW_MS + 1)), NOW_MS)
    for changes in (
        {"secret": Secret("cred", "revoked")},
        {"secret": Secret("cred", not_after_ms=NOW_MS)},
        {"credential": Credential("cred", "app", "live", status="revoked")},
        {"credential": Credential("cred", "app", "live", expires_at_ms=NOW_MS)},
        {"application": Application("app", "org", "suspended")},
        {"organisation": Organisation("org", 0, "revoked")},
    ):
        with pytest.raises(Refused, match="unauthenticated"):
            refuse_invalid_identity(identity(**changes), NOW_MS)


@pytest.mark.parametrize(
    ("networks", "address", "passes"),
    [
        ((), "192.0.2.1", True),
        (("192.0.2.0/24",), "192.0.2.1", True),
        (("192.0.2.7/24",), "::ffff:192.0.2.1", True),
        (("198.51.100.0/24", "2001:db8::/32"), "2001:db8::1", True),
        (("192.0.2.0/24",), "192.0.3.1", False),
        (("192.0.2.0/24",), "2001:db8::1", False),
        (("nonsense",), "192.0.2.1", False),
        (("0.0.0.0/0",), "", False),
    ],
)
def test_networks_hold(networks: tuple[str, ...], address: str, passes: bool) -> None:
    if passes:
        refuse_foreign_network(networks, address)
        return
    with pytest.raises(Refused, match="network-refused"):
        refuse_foreign_network(networks, address)


async def test_a_revoked_key_is_unknown_by_its_answer(rig: Rig) -> None:
    dead = rig.scene.new_key()
    rig.memory.publish("secret", digest_key(dead, PEPPER.encode()), Secret(dead[-8:], "revoked"))
    rig.memory.publish("subscription", "app/api1", Subscription("sub1", "plan1"))
    answers = [(await rig.ask("GET /clinic/v1/x HTTP/1.1", f"X-API-Key: {key}")).answers for key in (dead, UNKNOWN)]
    told = [msgspec.json.decode(answer.partition(b"\r\n\r\n")[2]) for answer in answers]
    assert {**told[0], "request_id": ""} == {**told[1], "request_id": ""}
