"""What the authorization server refuses, with the error that the specifications name."""

from urllib.parse import unquote

from django.test import Client as Browser
from django.utils import timezone

from contract.settings import settings
from keys.consents import withdraw_consent
from keys.models import AccessToken, AuthorizationCode, Consent, RefreshToken, Side
from keys.suspension import suspend_key
from keys.writes import revoke_key
from tests.cast import Cast
from tests.factories import ACTOR
from tests.portal.oauth.asking import CALLBACK, TOKEN, Asking, ask, came_back, make_client

WEAK_PKCE = {
    "missing": {"code_challenge": None, "code_challenge_method": None},
    "plain": {"code_challenge_method": "plain"},
    "no method, which means plain": {"code_challenge_method": None},
    "too short to be a SHA-256": {"code_challenge": "abc"},
}


def test_it_rejects_weak_pkce(cast: Cast) -> None:
    asking = Asking(make_client(cast))
    for name, changes in WEAK_PKCE.items():
        back = came_back(cast.stranger.client.get(asking.address(**changes)))
        assert (back["error"], back["state"], back["iss"]) == ("invalid_request", "s-1", settings().portal_base), name


WRONG_ASKING = {
    "another address": {"redirect_uri": f"{CALLBACK}/x"},
    "the same with a query": {"redirect_uri": f"{CALLBACK}?x=1"},
    "the same in capitals": {"redirect_uri": CALLBACK.upper()},
    "no address": {"redirect_uri": None},
    "nobody's client": {"client_id": "cli_nobody"},
    "NUL": {"client_id": "cli_\0"},
    "no client": {"client_id": None},
}


def test_it_sends_nobody_to_an_address_that_is_not_the_clients(cast: Cast) -> None:
    asking = Asking(make_client(cast))
    for name, changes in WRONG_ASKING.items():
        for browser in (cast.stranger.client, Browser()):
            answer = browser.get(asking.address(**changes))
            assert (answer.status_code, "Location" in answer.headers) == (400, False), name


def test_it_has_no_implicit_answers_and_no_other_grants(cast: Cast) -> None:
    made = make_client(cast)
    for response_type in ("token", "none", "code token", "id_token"):
        back = came_back(cast.stranger.client.get(Asking(made).address(response_type=response_type)))
        assert back["error"] in ("unsupported_response_type", "unauthorized_client")
    for grant in ("password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "", "x"):
        answer = ask(made, grant_type=grant, username="a", password="b")
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_a_code_used_twice_ends_what_it_gave(cast: Cast) -> None:
    asking = Asking(make_client(cast))
    code = asking.code(cast.stranger.client)
    first = asking.redeem(code).json()
    again = asking.redeem(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert AccessToken.objects.get().revoked_at is not None
    assert asking.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_code_is_its_clients_own_with_its_verifier_and_address(cast: Cast) -> None:
    asking, other = Asking(make_client(cast)), Asking(make_client(cast))
    code = asking.code(cast.stranger.client)
    other.verifier = asking.verifier
    assert other.redeem(code).json()["error"] == "invalid_grant"
    assert asking.redeem(code, code_verifier="x" * 50).json()["error"] == "invalid_grant"
    assert asking.redeem(code, code_verifier=None).json()["error"] == "invalid_request"
    assert asking.redeem(code, redirect_uri=f"{CALLBACK}/x").json()["error"] == "invalid_grant"
    assert asking.redeem(code + "x").json()["error"] == "invalid_grant"
    assert asking.redeem(code).status_code == 200


def test_a_code_ends_after_a_minute(cast: Cast) -> None:
    asking = Asking(make_client(cast))
    code = asking.code(cast.stranger.client)
    AuthorizationCode.objects.update(expires=timezone.now())
    assert asking.redeem(code).json()["error"] == "invalid_grant"


def test_a_refresh_token_used_twice_ends_its_family(cast: Cast) -> None:
    asking = Asking(make_client(cast))
    first = asking.redeem(asking.code(cast.stranger.client)).json()
    second = asking.refresh(first["refresh_token"]).json()
    assert asking.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert asking.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    assert not RefreshToken.objects.filter(revoked=None).exists()
    assert not AccessToken.objects.filter(revoked_at=None).exists()


def test_another_client_can_neither_use_nor_end_a_refresh_token(cast: Cast) -> None:
    asking, other = Asking(make_client(cast)), Asking(make_client(cast))
    body = asking.redeem(asking.code(cast.stranger.client)).json()
    assert other.refresh(body["refresh_token"]).json()["error"] == "invalid_grant"
    assert ask(other.made, "/oauth/revoke/", token=body["refresh_token"]).status_code == 200
    assert ask(other.made, "/oauth/introspect/", token=body["access_token"]).json() == {"active": False}
    assert asking.refresh(body["refresh_token"]).status_code == 200


def test_a_withdrawn_consent_and_a_suspended_person_refresh_nothing(cast: Cast) -> None:
    asking = Asking(make_client(cast))
    body = asking.redeem(asking.code(cast.stranger.client)).json()
    cast.stranger.user.is_active = False
    cast.stranger.user.save(update_fields=["is_active"])
    assert asking.refresh(body["refresh_token"]).json()["error"] == "invalid_grant"
    cast.stranger.user.is_active = True
    cast.stranger.user.save(update_fields=["is_active"])
    withdraw_consent(Consent.objects.get(), actor=ACTOR)
    assert asking.refresh(body["refresh_token"]).json()["error"] == "invalid_grant"
    assert ask(asking.made, "/oauth/introspect/", token=body["access_token"]).json() == {"active": False}


def test_a_client_that_is_not_who_it_says_is_told_nothing_else(cast: Cast) -> None:
    made = make_client(cast)
    wrong = [
        made._replace(secret=make_client(cast).secret),
        made._replace(secret=cast.key.secret),
        made._replace(secret=made.secret[:-1]),
        made._replace(secret=""),
    ]
    answers = [ask(one, grant_type="client_credentials") for one in wrong]
    answers.append(Browser().post(TOKEN, {"client_id": "cli_nobody", "client_secret": made.secret}))
    answers.append(Browser().post(TOKEN, headers={"Authorization": "Basic !"}))
    answers.append(Browser().post(TOKEN, headers={"Authorization": f"Bearer {made.secret}"}))
    assert {one.status_code for one in answers} == {401}
    assert len({one.content for one in answers}) == 1
    assert all(one.headers["WWW-Authenticate"].startswith("Basic ") for one in answers)


def test_a_client_that_ended_gets_nothing(cast: Cast) -> None:
    suspended, revoked = make_client(cast), make_client(cast)
    suspend_key(suspended.credential, Side.STAFF, actor=ACTOR)
    revoke_key(revoked.credential, actor=ACTOR)
    for made in (suspended, revoked):
        assert ask(made, grant_type="client_credentials").status_code == 401
        assert cast.stranger.client.get(Asking(made).address()).status_code == 400


def test_a_client_asks_from_its_networks_only(cast: Cast) -> None:
    near, far = make_client(cast, networks=["127.0.0.0/8"]), make_client(cast, networks=["198.51.100.0/24"])
    assert ask(near, grant_type="client_credentials").status_code == 200
    assert ask(far, grant_type="client_credentials").status_code == 401


def test_a_public_client_cannot_ask_for_itself_nor_look_into_tokens(cast: Cast) -> None:
    made = make_client(cast, is_public=True)
    assert ask(made, grant_type="client_credentials").status_code in (400, 401)
    assert ask(made, "/oauth/introspect/", token="x").json()["error"] == "unauthorized_client"
    assert ask(made, grant_type="authorization_code", client_secret="x").status_code == 401


def test_guessing_a_secret_is_stopped_for_the_guesser_alone(cast: Cast) -> None:
    made = make_client(cast)
    guess = made._replace(secret="pcs_test_" + "x" * 36)
    for _ in range(10):
        assert ask(guess, grant_type="client_credentials").status_code == 401
    stopped = ask(made, grant_type="client_credentials")
    assert (stopped.status_code, stopped.headers["Retry-After"]) == (429, "300")
    data = {"grant_type": "client_credentials", "client_id": made.credential.public_id, "client_secret": made.secret}
    assert Browser(REMOTE_ADDR="198.51.100.7").post(TOKEN, data).status_code == 200


STRANGE = {
    "GET": lambda made: Browser().get(TOKEN),
    "a parameter twice": lambda made: ask(made, grant_type="client_credentials", scope=["a", "b"]),
    "a parameter in the address": lambda made: ask(made, f"{TOKEN}?scope=a", grant_type="client_credentials"),
    "two ways to authenticate": lambda made: ask(made, grant_type="client_credentials", client_secret=made.secret),
    "two clients": lambda made: ask(made, grant_type="client_credentials", client_id="cli_x"),
    "no token to revoke": lambda made: ask(made, "/oauth/revoke/"),
}


def test_it_rejects_requests_that_could_be_read_in_two_ways(cast: Cast) -> None:
    made = make_client(cast)
    for name, asked in STRANGE.items():
        answer = asked(made)
        assert (answer.status_code in (400, 405), answer.json()["error"]) == (True, "invalid_request"), name
        assert answer.headers["Cache-Control"] == "no-store"


def test_json_and_other_bodies_are_no_request(cast: Cast) -> None:
    for body, kind in (('{"grant_type": "client_credentials"}', "application/json"), ("\xff\x00", "text/plain")):
        assert Browser().post(TOKEN, body, content_type=kind).status_code == 401


NONSENSE = ["%zz", "%00", "%ff%fe", "%C3%A9", "a%0d%0aX:1", "x" * 3000, "http://[::1"]


def test_nonsense_is_refused_and_breaks_nothing(cast: Cast) -> None:
    asking, browser = Asking(make_client(cast)), cast.stranger.client
    for text in NONSENSE:
        for name in ("scope", "resource", "state", "dpop_jkt"):
            assert browser.get(f"{asking.address()}&{name}={text}").status_code in (200, 303, 400)
        assert browser.get(f"/oauth/authorize/?{text}").status_code == 400
        plain = unquote(text, errors="replace")
        for path in ("/oauth/revoke/", "/oauth/introspect/"):
            assert ask(asking.made, path, token=plain).status_code == 200
        assert ask(asking.made, grant_type="client_credentials", scope=plain).json()["error"] == "invalid_scope"
        assert asking.redeem(plain).json()["error"] == "invalid_grant"
        assert asking.refresh(plain).json()["error"] == "invalid_grant"
    code = asking.code(browser)
    for text in NONSENSE:
        assert asking.redeem(code, code_verifier=unquote(text, errors="replace")).json()["error"] == "invalid_grant"
    assert asking.redeem(code).status_code == 200


def test_a_requests_own_words_do_not_become_the_servers(cast: Cast) -> None:
    """oauthlib lets parameters be read as if it had set them."""
    made = make_client(cast, scopes=["books:read"])
    planted = {"scopes": "books:write", "user": "1", "client": "2", "grounds": "3", "resources": "x", "consent": "1"}
    answer = ask(made, grant_type="client_credentials", **planted)
    assert (answer.status_code, answer.json()["scope"]) == (200, "books:read")
    back = came_back(cast.stranger.client.post(Asking(made).address(**planted), {"allow": "true"}))
    assert set(back) == {"code", "state", "iss"}
