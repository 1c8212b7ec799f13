"""Tokens that are given back, keys that follow each other, and what is forgotten in the end."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.utils import timezone
from joserfc.errors import InvalidKeyIdError

from audit.models import Event, PublishedRecord
from audit.valkey import valkey
from contract import valkey_keys
from keys.models import AccessToken, AuthorizationCode, RefreshToken, SigningKey
from keys.old_tokens import forget_old_tokens
from keys.records import build_revoked_token, build_token_key
from keys.signing_keys import ROTATED_AFTER, rotate_when_due, signing_key
from tests.cast import Cast
from tests.portal.oauth.asking import Asking, ask, make_client
from tests.portal.oauth.test_grants import claims_in

MACHINE = {"grant_type": "client_credentials"}


def test_an_access_token_that_is_given_back_is_published_as_revoked(
    cast: Cast, django_capture_on_commit_callbacks: object
) -> None:
    made = make_client(cast)
    token = ask(made, **MACHINE).json()["access_token"]
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        for _ in range(2):
            assert ask(made, "/oauth/revoke/", token=token, token_type_hint="x").status_code == 200
    jti = claims_in(token)["jti"]
    record = build_revoked_token(jti)
    assert record is not None
    assert record.ends_at_ms == claims_in(token)["exp"] * 1000
    assert valkey().exists(valkey_keys.record("token", jti))
    assert ask(made, "/oauth/introspect/", token=token).json() == {"active": False}
    event = Event.objects.get(action="token.revoked")
    assert (event.actor_kind, event.actor_id) == ("client", made.credential.public_id)


def test_a_refresh_token_that_is_given_back_takes_its_family_along(cast: Cast) -> None:
    asking = Asking(make_client(cast, is_public=True))
    body = asking.redeem(asking.code(cast.stranger.client)).json()
    told = ask(make_client(cast), "/oauth/introspect/", token=body["refresh_token"]).json()
    assert told == {"active": False}
    assert ask(asking.made, "/oauth/revoke/", token=body["refresh_token"]).status_code == 200
    assert asking.refresh(body["refresh_token"]).json()["error"] == "invalid_grant"
    assert AccessToken.objects.get().revoked_at is not None
    assert ask(asking.made, "/oauth/revoke/", token="nobody's").status_code == 200


def test_introspection_tells_a_client_of_its_own_tokens(cast: Cast) -> None:
    asking = Asking(make_client(cast))
    body = asking.redeem(asking.code(cast.stranger.client)).json()
    claims = claims_in(body["access_token"])
    told = ask(asking.made, "/oauth/introspect/", token=body["access_token"]).json()
    assert told["active"]
    assert {name: told[name] for name in ("iss", "sub", "aud", "scope", "jti", "exp")} == {
        name: claims[name] for name in ("iss", "sub", "aud", "scope", "jti", "exp")
    }
    assert ask(asking.made, "/oauth/introspect/", token=body["refresh_token"]).json()["sub"] == claims["sub"]


def test_the_next_key_is_published_before_it_signs_and_the_last_one_after(cast: Cast) -> None:
    made = make_client(cast)
    before = ask(made, **MACHINE).json()["access_token"]
    first = signing_key(timezone.now())
    SigningKey.objects.update(signs_from=timezone.now() - ROTATED_AFTER)
    rotate_when_due()
    rotate_when_due()
    second = SigningKey.objects.exclude(pk=first.pk).get()
    assert [key["kid"] for key in published()] == [second.kid, first.kid]
    assert signing_key(timezone.now()) == first
    assert signing_key(timezone.now() + timedelta(hours=1, seconds=1)) == second
    claims_in(before)
    first.refresh_from_db()
    assert first.ends_at is not None
    assert first.ends_at - second.signs_from >= timedelta(seconds=600)
    SigningKey.objects.filter(pk=first.pk).update(ends_at=timezone.now() - timedelta(hours=1))
    rotate_when_due()
    assert [key["kid"] for key in published()] == [second.kid]
    assert build_token_key(first.kid) is None


def test_a_compromised_key_ends_at_once(cast: Cast) -> None:
    made = make_client(cast)
    before = ask(made, **MACHINE).json()["access_token"]
    call_command("oauth_rotate_key", "--compromised", "--reason", "A backup was stolen.")
    with pytest.raises(InvalidKeyIdError):
        claims_in(before)
    claims_in(ask(made, **MACHINE).json()["access_token"])
    assert Event.objects.filter(action="token_key.withdrawn").count() == 1


def published() -> list[dict[str, str]]:
    answer = Browser().get("/oauth/jwks.json")
    assert all(set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"} for key in answer.json()["keys"])
    return list(answer.json()["keys"])


def test_what_ended_long_ago_is_forgotten_and_what_could_be_replayed_is_not(cast: Cast) -> None:
    asking = Asking(make_client(cast))
    body = asking.redeem(asking.code(cast.stranger.client)).json()
    asking.refresh(body["refresh_token"])
    ask(asking.made, "/oauth/revoke/", token=body["access_token"])
    AccessToken.objects.update(expires=timezone.now() - timedelta(days=2))
    AuthorizationCode.objects.update(expires=timezone.now() - timedelta(days=2))
    forget_old_tokens()
    assert not AccessToken.objects.exists()
    assert not AuthorizationCode.objects.exists()
    assert not PublishedRecord.objects.filter(kind="token").exists()
    assert RefreshToken.objects.count() == 2


def test_the_metadata_names_what_there_is(cast: Cast) -> None:
    told = Browser().get("/.well-known/oauth-authorization-server").json()
    assert told["issuer"] + "/oauth/token/" == told["token_endpoint"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["response_types_supported"] == ["code"]
    for name in ("jwks_uri", "token_endpoint", "revocation_endpoint", "introspection_endpoint"):
        preflight = Browser().options(told[name].removeprefix(told["issuer"]))
        assert (preflight.status_code, preflight.headers["Access-Control-Allow-Origin"]) == (204, "*")
        assert "DPoP" in preflight.headers["Access-Control-Allow-Headers"]
