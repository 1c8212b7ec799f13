"""DPoP: a bound token counts with a proof by its own key, for this request, now, and each proof once."""

import asyncio
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.dpop import NONCE_SECONDS, WINDOW_SECONDS, Nonces
from contract.jws import base64url_encode, thumbprint
from contract.records import Limit
from tests.gateway.gateway_process import Answer, Client, GatewayProcess
from tests.gateway.pacing import PROVES
from tests.gateway.publishing import Scene
from tests.gateway.rig import NOW_MS, Conversation, Rig
from tests.gateway.test_restrictions import in_force
from tests.gateway.tokens import Signer, TokenServer
from tests.gateway.waiting import until

CALL, PATH = "GET /clinic/v1/practitioners HTTP/1.1", "/clinic/v1/practitioners"
ADDRESS = f"https://gateway.test{PATH}"
NOW = NOW_MS // 1000
NONCES = Nonces(b"n" * 40, b"gateway")


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def server(rig: Rig) -> TokenServer:
    return TokenServer(rig.scene, now_ms=lambda: NOW_MS)


async def prove(rig: Rig, token: str, proof: str, line: str = CALL, *lines: str) -> Conversation:
    return await rig.ask(line, f"Authorization: DPoP {token}", f"DPoP: {proof}", *lines)


GOOD: dict[str, Callable[[TokenServer, str], str]] = {
    "as it should be": lambda s, t: s.prove(t),
    "with a query and capitals in its address": lambda s, t: s.prove(t, htu=f"HTTPS://Gateway.TEST:443{PATH}?a=1#b"),
    "with needless escapes": lambda s, t: s.prove(t, htu=ADDRESS.replace("clinic", "cl%69nic")),
    "just in time": lambda s, t: s.prove(t, iat=NOW - WINDOW_SECONDS),
    "with a claim of its own": lambda s, t: s.prove(t, own=[1]),
    "with this period's nonce": lambda s, t: s.prove(t, nonce=NONCES.current(NOW_MS)),
    "with the last period's nonce": lambda s, t: s.prove(t, nonce=NONCES.current(NOW_MS - NONCE_SECONDS * 1000)),
}
WRONG: dict[str, Callable[[TokenServer, str], str]] = {
    "none": lambda s, t: "",
    "no signature at all": lambda s, t: "x",
    "foreign key": lambda s, t: s.prove(t, signer=Signer()),
    "foreign key that names the right one": lambda s, t: s.prove(t, {"jwk": s.device.jwk}, signer=Signer()),
    "private key": lambda s, t: s.prove(t, {"jwk": {**s.device.jwk, "d": "AA"}}),
    "no key": lambda s, t: s.prove(t, {"jwk": None}),
    "typ of a token": lambda s, t: s.prove(t, {"typ": "at+jwt"}),
    "alg none": lambda s, t: s.prove(t, {"alg": "none"}),
    "alg swapped": lambda s, t: s.prove(t, {"alg": "HS256"}),
    "another method": lambda s, t: s.prove(t, htm="POST"),
    "method in small letters": lambda s, t: s.prove(t, htm="get"),
    "another path": lambda s, t: s.prove(t, htu=f"{ADDRESS}/"),
    "another host": lambda s, t: s.prove(t, htu=ADDRESS.replace("gateway", "evil")),
    "another scheme": lambda s, t: s.prove(t, htu=ADDRESS.replace("https", "http")),
    "another port": lambda s, t: s.prove(t, htu=ADDRESS.replace(".test", ".test:444")),
    "somebody before the host": lambda s, t: s.prove(t, htu=ADDRESS.replace("://", "://a@")),
    "address that is none": lambda s, t: s.prove(t, htu="https://[x"),
    "too old": lambda s, t: s.prove(t, iat=NOW - WINDOW_SECONDS - 1),
    "of the future": lambda s, t: s.prove(t, iat=NOW + WINDOW_SECONDS + 1),
    "of the far future": lambda s, t: s.prove(t, iat=10**400),
    "without its time": lambda s, t: s.prove(t, iat=None),
    "of another token": lambda s, t: s.prove(s.mint_bound()),
    "of no token": lambda s, t: s.prove(t, ath=None),
    "token's digest beyond ASCII": lambda s, t: s.prove(t, ath="é"),
    "without a name": lambda s, t: s.prove(t, jti=None),
    "empty name": lambda s, t: s.prove(t, jti=""),
    "endless name": lambda s, t: s.prove(t, jti="a" * 257),
}
STALE: dict[str, str] = {
    "": "a made-up nonce",
    "older": NONCES.current(NOW_MS - 2 * NONCE_SECONDS * 1000),
    "not yet": NONCES.current(NOW_MS + NONCE_SECONDS * 1000),
    "the portal's": Nonces(b"n" * 40, b"token").current(NOW_MS),
}


@pytest.mark.parametrize("what", GOOD)
async def test_it_takes_a_proof(rig: Rig, server: TokenServer, what: str) -> None:
    token = server.mint_bound()
    result = await prove(rig, token, GOOD[what](server, token))
    assert (result.statuses, rig.log.crashes) == ([200], [])
    (seen,) = result.seen
    assert (seen.values(b"authorization"), seen.values(b"dpop")) == ([], [])
    assert (b"\r\nDPoP-Nonce: " in result.answers) == ("last period" in what)


@pytest.mark.parametrize("what", WRONG)
async def test_it_refuses_a_proof_that_is_wrong(rig: Rig, server: TokenServer, what: str) -> None:
    token = server.mint_bound()
    result = await prove(rig, token, WRONG[what](server, token))
    assert (result.statuses, result.seen, rig.ledger.rows, rig.log.crashes) == ([401], [], [], [])
    assert b'WWW-Authenticate: DPoP error="invalid_dpop_proof", ' in result.answers
    assert b'algs="ES256 EdDSA"\r\n' in result.answers


@pytest.mark.parametrize("what", STALE)
async def test_a_nonce_that_is_not_good_is_answered_with_one_that_is(rig: Rig, server: TokenServer, what: str) -> None:
    token = server.mint_bound()
    refused = await prove(rig, token, server.prove(token, nonce=STALE[what]))
    assert refused.statuses == [401]
    assert b'WWW-Authenticate: DPoP error="use_dpop_nonce", ' in refused.answers
    nonce = refused.answers.partition(b"\r\nDPoP-Nonce: ")[2].partition(b"\r\n")[0].decode()
    assert (await prove(rig, token, server.prove(token, nonce=nonce))).statuses == [200]


async def test_a_client_that_must_be_bound_needs_a_nonce_and_no_other_token(rig: Rig, server: TokenServer) -> None:
    server.publish_client(requires_dpop=True)
    token = server.mint_bound()
    assert b'error="use_dpop_nonce"' in (await prove(rig, token, server.prove(token))).answers
    nonce = NONCES.current(NOW_MS)
    assert (await prove(rig, token, server.prove(token, nonce=nonce))).statuses == [200]
    unbound = await rig.ask(CALL, f"Authorization: Bearer {server.mint()}")
    assert unbound.statuses == [401]
    assert b'WWW-Authenticate: DPoP error="invalid_token", ' in unbound.answers


async def test_a_scheme_that_does_not_fit_its_token_is_refused(rig: Rig, server: TokenServer) -> None:
    bound, free = server.mint_bound(), server.mint()
    borne = await rig.ask(CALL, f"Authorization: Bearer {bound}", f"DPoP: {server.prove(bound)}")
    assert (borne.statuses, b'WWW-Authenticate: DPoP error="invalid_token", ' in borne.answers) == ([401], True)
    proved = await prove(rig, free, server.prove(free))
    assert (proved.statuses, b'WWW-Authenticate: Bearer error="invalid_token", ' in proved.answers) == ([401], True)
    assert (await prove(rig, rig.key, server.prove(rig.key))).statuses == [401]
    assert (await prove(rig, bound, server.prove(bound), CALL, f"X-API-Key: {rig.key}")).statuses == [400]
    assert (await prove(rig, bound, server.prove(bound), CALL, f"DPoP: {server.prove(bound)}")).statuses == [400]
    assert (await prove(rig, bound, server.prove(bound))).statuses == [200]


async def test_bad_proofs_are_throttled_for_their_token_alone() -> None:
    rig = Rig(failed_per_minute=10)
    server = TokenServer(rig.scene, now_ms=lambda: NOW_MS)
    stolen, other = server.mint_bound(), server.mint_bound()
    statuses = [(await prove(rig, stolen, server.prove(stolen, signer=Signer()))).statuses[0] for _ in range(15)]
    assert statuses == [401] * 10 + [429] * 5
    assert [(await prove(rig, other, server.prove(other))).statuses[0] for _ in range(15)] == [200] * 15


async def test_a_device_may_sign_with_an_edwards_curve(rig: Rig, server: TokenServer) -> None:
    key = Ed25519PrivateKey.generate()
    server.device.jwk = {"kty": "OKP", "crv": "Ed25519", "x": base64url_encode(key.public_key().public_bytes_raw())}
    server.device.signature = key.sign  # type: ignore[method-assign]
    token = server.mint_bound(cnf={"jkt": thumbprint(server.device.jwk)})
    assert (await prove(rig, token, server.prove(token, {"alg": "EdDSA"}))).statuses == [200]
    assert (await prove(rig, token, server.prove(token))).statuses == [401]


class Caller:
    """Calls the real gateway with bound tokens."""

    def __init__(self, gateway: GatewayProcess, scene: Scene) -> None:
        self.gateway = gateway
        address = f"http://localhost:{gateway.port}"
        self.server = TokenServer(scene, gateway=address, portal="http://localhost:8000")

    async def call(self, token: str, proof: str) -> Answer:
        return await self.gateway.get(PATH, "", f"Authorization: DPoP {token}", f"DPoP: {proof}")


async def test_a_proof_serves_one_call_on_whichever_worker(four: GatewayProcess, scene: Scene) -> None:
    caller = Caller(four, scene)
    token = caller.server.mint_bound()
    for _ in range(50 if PROVES else 3):
        proof = caller.server.prove(token)
        answers = await asyncio.gather(*(caller.call(token, proof) for _ in range(12)))
        assert sorted(answer.status for answer in answers) == [200] + [401] * 11
        refused = next(answer for answer in answers if answer.status == 401)
        assert 'DPoP error="invalid_dpop_proof"' in str(refused.header("WWW-Authenticate"))
        assert b"/problems/proof-replayed/" in refused.body
    await until(lambda: sum(row.outcome == "answered" for row in scene.publisher.rows()) >= 3)
    assert not scene.publisher.open_rows()


async def test_a_request_repeated_on_its_connection_is_a_replay(gateway: GatewayProcess, scene: Scene) -> None:
    caller = Caller(gateway, scene)
    token = caller.server.mint_bound()
    lines = (f"Authorization: DPoP {token}", f"DPoP: {caller.server.prove(token)}")
    async with Client(gateway.port) as client:
        assert [(await client.ask(PATH, "", *lines)).status for _ in range(4)] == [200, 401, 401, 401]
        fresh = (lines[0], f"DPoP: {caller.server.prove(token)}")
        assert (await client.ask(PATH, "", *fresh)).status == 200


async def test_a_call_that_a_limit_refuses_leaves_its_proof_unspent(gateway: GatewayProcess, scene: Scene) -> None:
    caller = Caller(gateway, scene)
    token = caller.server.mint_bound()
    await in_force(scene, scene.publish_plan([Limit("few", "rate", 1, period_seconds=3600)]))
    first, second = caller.server.prove(token), caller.server.prove(token)
    admitted = await caller.call(token, first)
    assert (admitted.status, admitted.header("RateLimit-Policy")) == (200, '"few";q=1;w=3600')
    assert (await caller.call(token, second)).status == 429
    replayed = await caller.call(token, first)
    assert (replayed.status, b"proof-replayed" in replayed.body) == (401, True)
    await in_force(scene, scene.publish_plan())
    assert (await caller.call(token, second)).status == 200
    assert (await caller.call(token, second)).status == 401
