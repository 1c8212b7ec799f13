"""Tokens bound to a key (RFC 9449): the token endpoint takes each proof once, and only one that is for this request."""

import time
from collections.abc import Callable
from typing import Any

from tests.cast import Cast
from tests.portal.oauth.asking import RESOURCE, Asking, Holder, ask, make_client, nonce_for
from tests.portal.oauth.test_grants import claims_in

MACHINE = {"grant_type": "client_credentials"}


def test_a_token_is_bound_to_the_key_that_was_shown(cast: Cast) -> None:
    made, holder = make_client(cast), Holder()
    answer = ask(made, header={"DPoP": holder.proof(nonce_for(made))}, **MACHINE)
    assert answer.status_code == 200, answer.content
    assert answer.headers["DPoP-Nonce"]
    assert answer.json()["token_type"] == "DPoP"
    assert claims_in(answer.json()["access_token"])["cnf"] == {"jkt": holder.thumbprint}
    told = ask(made, "/oauth/introspect/", token=answer.json()["access_token"]).json()
    assert (told["active"], told["cnf"], told["aud"]) == (True, {"jkt": holder.thumbprint}, RESOURCE)


WRONG: dict[str, Callable[[Holder, str], str]] = {
    "another method": lambda holder, nonce: holder.proof(nonce, htm="GET"),
    "another address": lambda holder, nonce: holder.proof(nonce, htu="https://elsewhere.example/oauth/token/"),
    "an old proof": lambda holder, nonce: holder.proof(nonce, iat=int(time.time()) - 600),
    "a proof of tomorrow": lambda holder, nonce: holder.proof(nonce, iat=int(time.time()) + 600),
    "no proof": lambda holder, nonce: "x.y.z",
    "two proofs": lambda holder, nonce: f"{holder.proof(nonce)}, {holder.proof(nonce)}",
    "an empty one": lambda holder, nonce: "",
}


def test_it_rejects_a_proof_for_something_else(cast: Cast) -> None:
    made = make_client(cast)
    nonce = nonce_for(made)
    for name, make in WRONG.items():
        answer = ask(made, header={"DPoP": make(Holder(), nonce)}, **MACHINE)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof"), name


def test_it_rejects_a_proof_that_was_used(cast: Cast) -> None:
    made = make_client(cast)
    proof = Holder().proof(nonce_for(made))
    assert ask(made, header={"DPoP": proof}, **MACHINE).status_code == 200
    assert ask(made, header={"DPoP": proof}, **MACHINE).json()["error"] == "invalid_dpop_proof"


def test_it_asks_for_its_own_nonce(cast: Cast) -> None:
    made = make_client(cast)
    for nonce in ("", "made-up"):
        answer = ask(made, header={"DPoP": Holder().proof(nonce)}, **MACHINE)
        assert (answer.json()["error"], "DPoP-Nonce" in answer.headers) == ("use_dpop_nonce", True)


def test_a_client_that_must_prove_gets_nothing_without(cast: Cast) -> None:
    made = make_client(cast, requires_dpop=True)
    assert ask(made, **MACHINE).json()["error"] == "invalid_dpop_proof"


def test_a_code_can_be_bound_to_a_key(cast: Cast) -> None:
    asking, holder, thief = Asking(make_client(cast)), Holder(), Holder()
    nonce = nonce_for(asking.made)
    code = asking.code(cast.stranger.client, dpop_jkt=holder.thumbprint)
    assert asking.redeem(code).json()["error"] == "invalid_grant"
    assert asking.redeem(code, header={"DPoP": thief.proof(nonce)}).json()["error"] == "invalid_grant"
    assert asking.redeem(code, header={"DPoP": holder.proof(nonce)}).status_code == 200


def test_a_public_clients_refresh_token_is_bound_to_its_key(cast: Cast) -> None:
    asking, holder = Asking(make_client(cast, is_public=True)), Holder()
    nonce = nonce_for(make_client(cast))
    code = asking.code(cast.stranger.client)
    body: dict[str, Any] = asking.redeem(code, header={"DPoP": holder.proof(nonce)}).json()
    assert asking.refresh(body["refresh_token"]).json()["error"] == "invalid_grant"
    stolen = asking.refresh(body["refresh_token"], header={"DPoP": Holder().proof(nonce)})
    assert stolen.json()["error"] == "invalid_grant"
    assert asking.refresh(body["refresh_token"], header={"DPoP": holder.proof(nonce)}).status_code == 200
