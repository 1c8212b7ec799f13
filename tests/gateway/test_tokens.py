"""Access tokens: what is taken is exactly what our server signs for this API, and only while all behind it holds."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.identity import public_jwk
from contract.jws import base64url_decode, base64url_encode, check, read_public_key, take_apart
from contract.key_format import digest_key, mint_key
from contract.masking.rules import MaskRule
from contract.records import Application, Consent, Mask, Organisation, Restriction, Secret
from tests.gateway.pacing import PROVES
from tests.gateway.publishing import PEPPER
from tests.gateway.rig import NOW_MS, Conversation, Rig
from tests.gateway.tokens import Signer, TokenServer

CALL, SECRET = "GET /clinic/v1/practitioners HTTP/1.1", "GET /clinic/v1/secret HTTP/1.1"
NOW = NOW_MS // 1000
METADATA = 'resource_metadata="https://gateway.test/.well-known/oauth-protected-resource/clinic"'


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def server(rig: Rig) -> TokenServer:
    return TokenServer(rig.scene, now_ms=lambda: NOW_MS)


async def bear(rig: Rig, token: str, line: str = CALL, *lines: str) -> Conversation:
    return await rig.ask(line, f"Authorization: Bearer {token}", *lines)


def changed(token: str, part: int, change: Callable[[str], str]) -> str:
    parts = token.split(".")
    parts[part] = change(parts[part])
    return ".".join(parts)


def other_bits(text: str) -> str:
    """The same bytes, spelt with unused bits that are not zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


def unsigned(server: TokenServer) -> str:
    return changed(server.mint({"alg": "none"}), 2, lambda _: "")


def with_public_key_as_secret(server: TokenServer) -> str:
    """HS256 with the public key as its secret: where the header chooses the algorithm, this passes."""
    signed = server.mint({"alg": "HS256"}).rpartition(".")[0]
    secret = msgspec.json.encode(server.signer.jwk)
    return f"{signed}.{base64url_encode(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


#: What is wrong with a token, and how to come by it.
WRONG: dict[str, Callable[[TokenServer], str]] = {
    "alg none": unsigned,
    "alg none, signed": lambda s: s.mint({"alg": "none"}),
    "alg swapped": with_public_key_as_secret,
    "alg of another curve": lambda s: s.mint({"alg": "ES384"}),
    "no alg": lambda s: s.mint({"alg": None}),
    "typ of a plain JWT": lambda s: s.mint({"typ": "JWT"}),
    "typ of a proof": lambda s: s.mint({"typ": "dpop+jwt"}),
    "no typ": lambda s: s.mint({"typ": None}),
    "unknown kid": lambda s: s.mint({"kid": "kid9"}),
    "no kid": lambda s: s.mint({"kid": None}),
    "kid that is no name": lambda s: s.mint({"kid": "../kid1 *"}),
    "kid of a number": lambda s: s.mint({"kid": 1}),
    "crit": lambda s: s.mint({"crit": ["exp"]}),
    "own jwk": lambda s: s.mint({"jwk": s.signer.jwk}),
    "x5u": lambda s: s.mint({"x5u": "https://evil.test/"}),
    "another issuer": lambda s: s.mint(iss="https://evil.test"),
    "issuer with a slash": lambda s: s.mint(iss=f"{s.portal}/"),
    "no issuer": lambda s: s.mint(iss=None),
    "another API": lambda s: s.mint(aud=f"{s.gateway}/other"),
    "the gateway as a whole": lambda s: s.mint(aud=s.gateway),
    "several audiences": lambda s: s.mint(aud=[f"{s.gateway}/clinic"]),
    "no audience": lambda s: s.mint(aud=None),
    "expired": lambda s: s.mint(exp=NOW),
    "exp of text": lambda s: s.mint(exp=str(NOW + 60)),
    "no exp": lambda s: s.mint(exp=None),
    "not yet": lambda s: s.mint(nbf=NOW + 61),
    "of the future": lambda s: s.mint(iat=NOW + 61),
    "no jti": lambda s: s.mint(jti=None),
    "jti that is no name": lambda s: s.mint(jti="a b"),
    "unknown client": lambda s: s.mint(client_id="client9"),
    "no client": lambda s: s.mint(client_id=None),
    "unknown consent": lambda s: s.mint(gid="gnt_9"),
    "other binding": lambda s: s.mint(cnf={"x5t#S256": "abc"}),
    "bound": lambda s: s.mint_bound(),
    "padding": lambda s: s.mint() + "=",
    "padding inside": lambda s: changed(s.mint(), 1, lambda text: text + "="),
    "other bits": lambda s: changed(s.mint(), 2, other_bits),
    "plain base64": lambda s: changed(s.mint(), 2, lambda text: "+" + text[1:]),
    "claims twice": lambda s: s.signer.sign({"typ": "at+jwt", "alg": "ES256", "kid": "kid1"}, doubled(s)),
    "header twice": lambda s: s.signer.sign(b'{"typ":"at+jwt","alg":"ES256","kid":"kid1","kid":"kid1"}', s.claims()),
    "claims as a list": lambda s: s.signer.sign({"typ": "at+jwt", "alg": "ES256", "kid": "kid1"}, b"[]"),
    "foreign signature": lambda s: changed(s.mint(), 2, lambda _: s.mint().rpartition(".")[2]),
    "foreign key": lambda s: Signer().sign({"typ": "at+jwt", "alg": "ES256", "kid": "kid1"}, s.claims()),
    "four parts": lambda s: s.mint() + ".AAAA",
    "client's secret": lambda s: f"pcs_live_{'a' * 36}",
}


def doubled(server: TokenServer) -> bytes:
    return msgspec.json.encode(server.claims())[:-1] + b',"client_id":"client1"}'


@pytest.mark.parametrize("what", WRONG)
async def test_it_refuses_a_token_that_is_wrong(rig: Rig, server: TokenServer, what: str) -> None:
    result = await bear(rig, WRONG[what](server))
    assert (result.statuses, result.seen, rig.ledger.rows, rig.log.crashes) == ([401], [], [], [])
    assert b'error="invalid_token"' in result.answers
    assert METADATA.encode() in result.answers
    assert (await bear(rig, server.mint())).statuses == [200]


async def test_a_good_token_calls_as_its_client_and_the_upstream_learns_for_whom(rig: Rig, server: TokenServer) -> None:
    for token, subject in ((server.mint(), "client1"), (server.mint_for_user(), "pairwise1")):
        result = await bear(rig, token, CALL, "DPoP: x")
        assert (result.statuses, rig.log.crashes) == ([200], [])
        (seen,) = result.seen
        assert (seen.values(b"authorization"), seen.values(b"dpop")) == ([], [])
        assertion = take_apart(seen.values(b"x-portcullis-identity")[0].decode())
        check(assertion, read_public_key(public_jwk(b"s" * 40)))
        claims = msgspec.json.decode(assertion.payload)
        assert [claims[name] for name in ("sub", "client_id", "credential", "application", "scope")] == [
            *(subject, "client1", "client1", "app", "secrets:read")
        ]
        row = rig.ledger.rows[-1]
        assert (row.credential, row.secret, row.application) == ("client1", "jti-0000", "app")
        assert row.user == ("usr_1" if subject == "pairwise1" else "")
        assert token not in str(row)


async def test_scopes_are_those_that_token_client_plan_and_consent_have_in_common(
    rig: Rig, server: TokenServer
) -> None:
    async def status(token: str) -> int:
        rig.cache.forget_all()
        return (await bear(rig, token, SECRET)).statuses[0]

    assert await status(server.mint()) == await status(server.mint_for_user()) == 200
    narrow = server.mint(scope="other")
    refused = await bear(rig, narrow, SECRET)
    assert refused.statuses == [403]
    assert b'WWW-Authenticate: Bearer error="insufficient_scope", scope="secrets:read"\r\n' in refused.answers
    assert await status(server.mint(scope=None)) == 403
    server.publish_consent(scopes=("other",))
    assert (await status(server.mint_for_user()), await status(server.mint())) == (403, 200)
    server.publish_consent()
    server.publish_client(scopes=("other",))
    assert await status(server.mint()) == await status(server.mint_for_user()) == 403
    server.publish_client()
    rig.scene.publish_plan(scopes=("other",))
    assert await status(server.mint()) == 404


def revoke_token(server: TokenServer, token: str) -> bytes:
    return server.revoke(msgspec.json.decode(base64url_decode(token.split(".")[1]))["jti"])


def publish(server: TokenServer, kind: str, body: Any) -> bytes:
    return server.scene.publisher.publish(kind, body.id, body)


#: What ends what a token by consent may do.
ENDS: dict[str, Callable[[TokenServer, str], bytes]] = {
    "token": revoke_token,
    "consent": lambda s, _: s.publish_consent(status="revoked"),
    "consent to another": lambda s, _: publish(s, "consent", Consent("gnt_1", "client2", "usr_1", ("secrets:read",))),
    "account": lambda s, _: s.publish_account(status="suspended"),
    "client": lambda s, _: s.publish_client(status="revoked"),
    "client's time": lambda s, _: s.publish_client(expires_at_ms=NOW_MS),
    "client that must be bound": lambda s, _: s.publish_client(requires_dpop=True),
    "client that became a key": lambda s, _: s.publish_client(kind="key"),
    "key's time": lambda s, _: s.publish_key(not_after_ms=NOW_MS),
    "key of the future": lambda s, _: s.publish_key(not_before_ms=NOW_MS + 60_001),
    "key that is another": lambda s, _: s.publish_key(signer=Signer()),
    "application": lambda s, _: publish(s, "application", Application("app", "org", "suspended")),
    "organisation": lambda s, _: publish(s, "organisation", Organisation("org", 0, "revoked")),
}


@pytest.mark.parametrize("what", ENDS)
async def test_a_change_of_any_record_behind_a_token_ends_it(rig: Rig, server: TokenServer, what: str) -> None:
    token = server.mint_for_user()
    assert (await bear(rig, token)).statuses == [200]
    ENDS[what](server, token)
    assert (await bear(rig, token)).statuses == [200], "nothing was dropped yet"
    rig.cache.drop(rig.memory.last, 99)
    assert (await bear(rig, token)).statuses == [401]


@pytest.mark.parametrize("kind", ["token-key", "consent", "account", "credential"])
async def test_what_is_not_published_lets_nobody_in(rig: Rig, server: TokenServer, kind: str) -> None:
    name = {"token-key": "kid1", "consent": "gnt_1", "account": "usr_1", "credential": "client1"}[kind]
    rig.memory.publish(kind, name, None)
    assert (await bear(rig, server.mint_for_user())).statuses == [401]


async def test_a_suspended_client_and_a_foreign_network_are_told_so(rig: Rig, server: TokenServer) -> None:
    for changes, slug in (({"status": "suspended"}, b"key-suspended"), ({"networks": ("10.0.0.0/8",)}, b"network-ref")):
        server.publish_client(**changes)
        rig.cache.forget_all()
        result = await bear(rig, server.mint())
        assert (result.statuses, slug in result.answers) == ([403], True)


async def test_a_client_never_calls_by_a_secret_and_a_key_never_by_a_token(rig: Rig, server: TokenServer) -> None:
    key = mint_key("live")
    rig.memory.publish("secret", digest_key(key, PEPPER.encode()), Secret("client1"))
    assert (await bear(rig, key)).statuses == [401]
    assert (await bear(rig, server.mint(client_id=rig.key[-8:]))).statuses == [401]
    token = server.mint()
    assert (await rig.ask(CALL, f"X-API-Key: {token}")).statuses == [401]
    assert (await bear(rig, token, CALL, f"X-API-Key: {rig.key}")).statuses == [400]
    assert (await bear(rig, token, f"GET /clinic/v1/practitioners?access_token={token} HTTP/1.1")).statuses == [400]
    assert (await bear(rig, token)).statuses == [200]


async def test_restrictions_limits_and_masks_meet_tokens_as_they_meet_keys(rig: Rig, server: TokenServer) -> None:
    rig.scene.publish_plan(masks=[Mask(MaskRule("$.a", "remove"))])
    rig.upstream.answer = rig.upstream.answer.replace(b"Length: 2\r\n\r\n{}", b'Length: 13\r\n\r\n{"a":1,"b":2}')
    assert (await bear(rig, server.mint())).answers.endswith(b'\r\n\r\n{"b":2}')
    for token, user in ((server.mint(), "maker"), (server.mint_for_user(), "usr_1")):
        rig.restrict(Restriction("rst_1", "block", "R-1", user=user))
        refused = await bear(rig, token)
        assert (refused.statuses, rig.ledger.rows[-1].restriction) == ([403], "R-1")
        other = server.mint() if user == "usr_1" else server.mint_for_user()
        assert (await bear(rig, other)).statuses == [200]


async def test_a_flood_of_forged_tokens_buys_no_checks_and_leaves_good_ones_alone() -> None:
    rig = Rig(failed_per_minute=10)
    server = TokenServer(rig.scene, now_ms=lambda: NOW_MS)
    token = server.mint()
    assert (await bear(rig, token)).statuses == [200]
    forged = [changed(server.mint(), 2, lambda _: token.rpartition(".")[2]) for _ in range(15)]
    assert [(await bear(rig, one)).statuses[0] for one in forged] == [401] * 10 + [429] * 5
    unknown = [server.mint({"kid": f"kid{number + 2}"}) for number in range(15)]
    asked = rig.memory.asked
    assert [(await bear(rig, one)).statuses[0] for one in unknown] == [401] * 10 + [429] * 5
    assert rig.memory.asked - asked == 10
    assert [(await bear(rig, server.mint(exp=NOW))).statuses[0] for _ in range(15)] == [401] * 10 + [429] * 5
    assert (await bear(rig, token)).statuses == [200]
    rig.cache.drop(("plan", "plan1"), 99)
    assert (await bear(rig, token)).statuses == [200], "a grant that went stale needs no new check"
    fresh = f"Authorization: Bearer {server.mint()}"
    assert (await rig.ask(CALL, fresh, peer="198.51.100.1")).statuses == [200]


async def test_a_crowd_of_good_tokens_is_no_flood() -> None:
    rig = Rig(failed_per_minute=10)
    server = TokenServer(rig.scene, now_ms=lambda: NOW_MS)
    answers = await asyncio.gather(*(bear(rig, server.mint()) for _ in range(40)))
    assert [answer.statuses for answer in answers] == [[200]] * 40


async def test_a_signature_is_checked_once_and_forgotten_last_for_whoever_comes_often(
    rig: Rig, server: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = []
    monkeypatch.setattr("gateway.tokens.checking.check", lambda jws, key: checked.append(jws.signature))
    monkeypatch.setattr("gateway.tokens.checking._CHECKED_MAX", 2)
    often, others = server.mint(), [server.mint() for _ in range(3)]
    for other in others:
        for token in (often, other):
            rig.cache.drop(("plan", "plan1"), len(checked) + 50)
            assert (await bear(rig, token)).statuses == [200]
    assert len(checked) == 4


async def test_what_was_kept_for_a_token_goes_with_its_end(rig: Rig, server: TokenServer) -> None:
    tokens = [server.mint(exp=NOW + 10) for _ in range(20)]
    for token in tokens:
        assert (await bear(rig, token)).statuses == [200]
    grants, cells = rig.serving.parts.policy._grants, len(rig.cache._cells)
    assert len(grants._grants) == 20
    rig.ledger.now_ms += 80_000
    late = await bear(rig, tokens[0])
    assert (late.statuses, b'error_description="The token has expired."' in late.answers) == ([401], True)
    assert (await bear(rig, server.mint(exp=NOW + 600))).statuses == [200]
    assert (len(grants._grants), len(rig.cache._cells)) == (1, cells - 19)


async def test_metadata_answer_alike_for_every_name(rig: Rig) -> None:
    path = "/.well-known/oauth-protected-resource/"
    for name in ("clinic", "none"):
        result = await rig.ask(f"GET {path}{name} HTTP/1.1")
        assert result.statuses == [200]
        assert msgspec.json.decode(result.answers.partition(b"\r\n\r\n")[2]) == {
            "resource": f"https://gateway.test/{name}",
            "authorization_servers": ["https://portal.test"],
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": ["ES256", "EdDSA"],
            "resource_documentation": f"https://portal.test/docs/{name}/",
        }
    assert (await rig.ask(f"POST {path}clinic HTTP/1.1")).statuses == [405]
    assert (await rig.ask(f"GET {path}a/b HTTP/1.1")).statuses == [404]
    assert rig.memory.asked == 0


async def test_no_token_stands_in_the_log_of_calls(rig: Rig, server: TokenServer) -> None:
    token = server.mint()
    await bear(rig, token, f"GET /clinic/v1/{token} HTTP/1.1")
    (row,) = rig.ledger.rows
    assert (row.path, row.status) == ("/clinic/v1/…", 404)


@given(st.data())
@settings(max_examples=300 if PROVES else 40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_mutation_of_a_good_token_is_taken(data: st.DataObject) -> None:
    async def attempt() -> None:
        rig = Rig()
        server = TokenServer(rig.scene, now_ms=lambda: NOW_MS)
        token = server.mint()
        at = data.draw(st.integers(0, len(token) - 1))
        piece = data.draw(st.text("ABZabz019-_.=+/ ", max_size=3))
        mutated = token[:at] + piece + token[at + data.draw(st.integers(0, 3)) :]
        if mutated.strip(" ") != token:
            assert (await bear(rig, mutated)).statuses == [401]

    asyncio.run(attempt())
