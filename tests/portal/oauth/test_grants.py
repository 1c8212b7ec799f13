"""Each grant gives what was asked for within what client, plan and person allow, and no more."""

from typing import Any

from django.test import Client as Browser
from joserfc import jwt
from joserfc.jwk import KeySet

from accounts.models import User
from contract.settings import settings
from keys.consents import active_consent
from keys.models import AccessToken, AuthorizationCode, RefreshToken
from tests.cast import Cast
from tests.portal.oauth.asking import RESOURCE, Asking, ask, came_back, make_client


def claims_in(token: str) -> dict[str, Any]:
    """Checked with the keys that the server publishes."""
    keys = KeySet.import_key_set(Browser().get("/oauth/jwks.json").json())
    read = jwt.decode(token, keys, algorithms=["ES256"])
    assert read.header["typ"] == "at+jwt"
    return dict(read.claims)


def test_a_machine_gets_a_token_for_itself(cast: Cast) -> None:
    made = make_client(cast)
    answer = ask(made, grant_type="client_credentials", scope="books:read")
    assert answer.status_code == 200, answer.content
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 600, "books:read")
    assert "refresh_token" not in body
    claims = claims_in(body["access_token"])
    client_id = made.credential.public_id
    assert claims.pop("exp") - claims.pop("iat") == 600
    assert len(claims.pop("jti")) >= 20
    assert claims == {
        "iss": settings().portal_base,
        "sub": client_id,
        "client_id": client_id,
        "aud": RESOURCE,
        "scope": "books:read",
    }


def test_a_person_lets_a_client_act_for_them_and_it_refreshes(cast: Cast) -> None:
    asking = Asking(make_client(cast))
    page = cast.stranger.client.get(asking.address())
    assert page.status_code == 200
    assert "Robot" in page.content.decode()
    assert "https://reader.example" in page.headers["Content-Security-Policy"]
    back = came_back(cast.stranger.client.post(asking.address(), {"allow": "true"}))
    assert (back["state"], back["iss"]) == ("s-1", settings().portal_base)
    first = asking.redeem(back["code"]).json()
    consent = active_consent(cast.stranger.user, asking.made.credential)
    claims = claims_in(first["access_token"])
    assert consent is not None
    assert (claims["gid"], claims["scope"], claims["aud"]) == (consent.public_id, "books:read", RESOURCE)
    assert cast.stranger.user.public_id not in str(claims)
    second = asking.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert claims_in(second["access_token"])["sub"] == claims["sub"]


def test_people_are_called_otherwise_towards_each_client(cast: Cast) -> None:
    subjects = set()
    for _ in range(2):
        asking = Asking(make_client(cast))
        token = asking.redeem(asking.code(cast.stranger.client)).json()["access_token"]
        subjects.add(claims_in(token)["sub"])
    assert len(subjects) == 2


def test_whoever_declines_is_sent_back_with_that(cast: Cast) -> None:
    back = came_back(cast.stranger.client.post(Asking(make_client(cast)).address(), {"allow": ""}))
    assert (back["error"], back["state"], back["iss"]) == ("access_denied", "s-1", settings().portal_base)


def test_nobody_gets_a_scope_that_client_plan_or_person_did_not_have(cast: Cast) -> None:
    made = make_client(cast, scopes=["books:read"])
    refused = ask(made, grant_type="client_credentials", scope="books:read books:write")
    assert refused.json()["error"] == "invalid_scope"
    asking = Asking(made)
    back = came_back(cast.stranger.client.post(asking.address(scope="books:write"), {"allow": "true"}))
    assert back["error"] == "invalid_scope"
    first = asking.redeem(asking.code(cast.stranger.client)).json()
    assert asking.refresh(first["refresh_token"], scope="books:write").json()["error"] == "invalid_scope"


def test_a_token_is_for_an_api_that_the_client_may_call(cast: Cast) -> None:
    made = make_client(cast)
    for resource in ("https://elsewhere.example/library", RESOURCE + "/", RESOURCE + "x", "library"):
        assert ask(made, grant_type="client_credentials", resource=resource).json()["error"] == "invalid_target"
        back = came_back(cast.stranger.client.post(Asking(made).address(resource=resource), {"allow": "true"}))
        assert back["error"] == "invalid_target"


def test_what_was_issued_is_kept_as_digests_only(cast: Cast) -> None:
    asking = Asking(make_client(cast))
    code = asking.code(cast.stranger.client)
    body = asking.redeem(code).json()
    kept = [
        str(value)
        for model in (AuthorizationCode, AccessToken, RefreshToken)
        for row in model.objects.values()
        for value in row.values()
    ]
    for secret in (code, body["access_token"], body["refresh_token"]):
        assert not any(secret in value for value in kept)


def test_whoever_signs_up_on_the_way_comes_back_to_the_question_without_an_organisation(cast: Cast) -> None:
    browser, asking = Browser(), Asking(make_client(cast))
    sent = browser.get(asking.address())
    assert sent.status_code == 302
    signup = sent.headers["Location"].replace("/login/", "/signup/")
    page = browser.post(signup, {"email": "reader@example.org", "password1": "a long walk in the rain"}, follow=True)
    assert page.redirect_chain[-1][0].startswith("/oauth/authorize/")
    assert "Allow Robot" in page.content.decode()
    person = User.objects.get(email="reader@example.org")
    assert not person.memberships.exists()
    assert asking.redeem(asking.code(browser)).status_code == 200
