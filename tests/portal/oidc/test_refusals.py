"""What the provider, or somebody in its name, may send: nothing but a whole and true answer signs anybody in."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from contract.settings import settings
from portal.oidc import provider_link
from tests.portal.oidc.provider import CLIENT_ID, CLIENT_SECRET, OTHER_KEY, Provider, signed, unsigned
from tests.portal.oidc.visiting import Visitor, state_of

LONG_AGO = int(time.time()) - 3600
IN_AN_HOUR = int(time.time()) + 3600


def keyed_with_the_secret(claims: dict[str, Any]) -> str:
    """HS256 under what the client knows, as a verifier would take it that lets the header choose."""
    import jwt as pyjwt

    return pyjwt.encode(claims, CLIENT_SECRET.ljust(32), "HS256", {"kid": "k1"})


CLAIMS: dict[str, dict[str, Any]] = {
    "nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "audience": {"aud": "somebody else"},
    "audience of several": {"aud": [CLIENT_ID, "somebody else"]},
    "authorised party": {"azp": "somebody else"},
    "issuer": {"iss": "https://elsewhere.example"},
    "expired": {"exp": LONG_AGO},
    "no expiry": {"exp": None},
    "expiry that is no number": {"exp": "soon"},
    "made in the future": {"iat": IN_AN_HOUR},
    "not yet good": {"nbf": IN_AN_HOUR},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "long subject": {"sub": "x" * 256},
    "subject that is no text": {"sub": 7},
}
TOKENS: dict[str, Callable[[dict[str, Any]], str]] = {
    "alg none": lambda claims: unsigned({"alg": "none", "kid": "k1"}, claims),
    "no algorithm": lambda claims: unsigned({"kid": "k1"}, claims),
    "no signature": lambda claims: signed(claims).rpartition(".")[0] + ".",
    "another's key": lambda claims: signed(claims, OTHER_KEY),
    "keyed with the secret": keyed_with_the_secret,
    "changed after signing": lambda claims: ".".join(
        (
            signed(claims).split(".")[0],
            unsigned({}, claims | {"sub": "u-2"}).split(".")[1],
            signed(claims).split(".")[2],
        )
    ),
    "no token": lambda _: "",
    "no JWT": lambda _: "a.b.c",
    "huge": lambda _: "a" * 100_000,
}
GARBAGE = {
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n",
    "error": b"HTTP/1.1 500 Oops\r\n\r\ncanary-of-the-provider",
    "no JSON": b"HTTP/1.1 200 OK\r\n\r\ncanary-of-the-provider",
    "a list": b"HTTP/1.1 200 OK\r\n\r\n[]",
    "huge": b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (1024 * 1024) + b"{}",
    "cut off": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}",
    "no HTTP": b"canary-of-the-provider",
}


def check_nothing_happened(visitor: Visitor, refused: Any, status: int) -> None:
    page = refused.content.decode()
    assert refused.status_code == status, page
    assert "canary" not in page
    assert "Back to signing in" in page
    assert not visitor.is_in
    assert not User.objects.filter(email="reader@home.example").exists()


def test_it_refuses_every_id_token_that_is_not_the_providers_for_this_sign_in(visitor: Visitor) -> None:
    fine = dict(visitor.provider.claims)
    for claims in CLAIMS.values():
        visitor.provider.claims = fine | claims
        check_nothing_happened(visitor, visitor.come_back(), 502)
    visitor.provider.claims = fine
    for make in TOKENS.values():
        visitor.provider.make_token = make
        check_nothing_happened(visitor, visitor.come_back(), 502)
    visitor.provider.make_token = signed
    assert visitor.come_back().status_code == 302, "and takes the true one"


@pytest.mark.parametrize("path", ["/token", "/jwks"])
def test_it_refuses_what_is_no_answer(visitor: Visitor, path: str) -> None:
    for garbage in GARBAGE.values():
        visitor.provider.answers[path] = garbage
        check_nothing_happened(visitor, visitor.come_back(), 502)


def test_it_leaves_a_provider_that_hangs_and_one_that_is_gone(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_link, "LONGEST_SECONDS", 0.3)
    visitor.provider.answers["/token"] = b""
    check_nothing_happened(visitor, visitor.come_back(), 502)
    visitor.provider.answers["/.well-known/openid-configuration"] = b""
    monkeypatch.setattr(settings(), "oidc_issuer", visitor.provider.issuer + "/")
    check_nothing_happened(visitor, visitor.browser.post(f"/oidc/start/?next={visitor.consent}"), 502)
    monkeypatch.setattr(settings(), "oidc_issuer", "http://127.0.0.1:9")
    check_nothing_happened(visitor, visitor.browser.post(f"/oidc/start/?next={visitor.consent}"), 502)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": 7},
    ],
    ids=str,
)
def test_it_refuses_metadata_that_are_not_the_issuers_or_lack_an_address(
    visitor: Visitor, metadata: dict[str, Any]
) -> None:
    visitor.provider.metadata = metadata
    check_nothing_happened(visitor, visitor.browser.post(f"/oidc/start/?next={visitor.consent}"), 502)


def test_nothing_inside_our_own_network_is_asked_because_the_provider_says_so(visitor: Visitor) -> None:
    inside = f"{visitor.provider.issuer}/token".replace("127.0.0.1", "127.0.0.2")
    visitor.provider.metadata = {"token_endpoint": inside}
    check_nothing_happened(visitor, visitor.come_back(), 502)
    assert "/token" not in visitor.provider.asked


def test_a_state_serves_once_and_only_the_browser_that_began(visitor: Visitor) -> None:
    address = visitor.leave()
    stranger = Visitor(visitor.provider, visitor.consent)
    stranger.leave()
    check_nothing_happened(stranger, stranger.come_back(address), 400)
    check_nothing_happened(Visitor(visitor.provider, ""), Client().get("/oidc/callback/?code=a&state=b"), 400)
    assert visitor.come_back(address).status_code == 302
    assert visitor.come_back(address).status_code == 400, "replayed"


def test_an_error_of_the_provider_is_told_in_our_words_and_the_way_back_is_kept(visitor: Visitor) -> None:
    for error, status in (("access_denied", 400), ("<b>canary</b>", 502)):
        state = state_of(visitor.leave())["state"]
        query = {"error": error, "error_description": "canary", "state": state}
        refused = visitor.browser.get("/oidc/callback/", query)
        check_nothing_happened(visitor, refused, status)
        assert 'href="/login/?next=%2Foauth%2Fauthorize%2F' in refused.content.decode()


def test_it_refuses_an_answer_that_another_server_sent(visitor: Visitor) -> None:
    back = visitor.provider.sign_in(visitor.leave()).removeprefix(settings().portal_base)
    check_nothing_happened(visitor, visitor.browser.get(f"{back}&iss=https://elsewhere.example"), 502)
    assert "/token" not in visitor.provider.asked


def test_it_leads_to_no_address_but_those_of_end_users(visitor: Visitor) -> None:
    for target in ("/admin/", "/apps/", "/oauth/token/", "/nowhere/"):
        assert visitor.browser.post(f"/oidc/start/?next={target}").status_code == 404
    for target in ("https://elsewhere.example/oauth/authorize/", "//elsewhere.example/", "javascript:alert(1)"):
        visitor.leave(target)
        states = visitor.browser.session["socialaccount_states"]
        assert {state["next"] for state, _, _ in states.values()} == {"/"}


def test_a_link_or_a_foreign_form_begins_nothing(visitor: Visitor) -> None:
    assert visitor.browser.get(f"/oidc/start/?next={visitor.consent}").status_code == 405
    careful = Client(enforce_csrf_checks=True)
    assert careful.post(f"/oidc/start/?next={visitor.consent}").status_code == 403


def test_where_no_provider_is_set_up_there_is_nothing(db: None) -> None:
    assert Client().post("/oidc/start/").status_code == 404
    assert Client().get("/oidc/callback/?state=a&code=b").status_code == 404
    assert Client().get("/3rdparty/").status_code == 404
    assert "Continue with" not in Client().get("/login/").content.decode()


def test_of_a_provider_that_takes_the_secret_in_the_form_alone_it_is_asked_so(
    provider: Provider, visitor: Visitor
) -> None:
    provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert visitor.come_back().status_code == 302
