"""`/apps/<id>/oauth/` and `/clients/<id>/`: making clients, changing them, and the requests to copy."""

import hashlib
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from audit.reading import events_of, parse_event_filters
from contract import jws
from contract.settings import settings
from keys.clients import set_redirect_uris
from keys.models import AccessToken, Client, Credential, Grant
from keys.tokens_by_hand import issue_by_hand
from keys.writes import revoke_key
from portal.pages.dpop_sample import PROOF_PROGRAM
from portal.pages.oauth_steps import Challenge, Console
from portal.staff.event_pages import undo_page
from tests.factories import ACTOR, make_client, make_consent, make_person
from tests.portal.pages.reading import queries, read, words

pytestmark = pytest.mark.django_db
FORM = {
    "name": "Ward calendar",
    "environment": "test",
    "expires_days": "90",
    "access-books": "read",
    "use": "people",
    "runs": "confidential",
    "redirect_uris": "https://calendar.example/callback\r\n\r\n",
}


def new_client(cast, **values):
    address = reverse("client_new", args=[cast.application.public_id])
    return cast.owner.client.post(address, FORM | values)


def client_page(client):
    return reverse("client", args=[client.credential.public_id])


def test_a_list_without_clients_teaches_with_a_request_to_copy(cast):
    page = words(read(cast.owner.client, reverse("clients", args=[cast.application.public_id])))
    assert "No client yet" in page
    assert "grant_type=client_credentials" in page


def test_a_new_client_shows_its_secret_once(cast):
    response = new_client(cast)
    made = Client.objects.get()
    assert (response.status_code, made.redirect_uris) == (303, ["https://calendar.example/callback"])
    assert (made.grants, made.is_public) == ([Grant.AUTHORIZATION_CODE], False)
    first, second = (read(cast.owner.client, response.headers["Location"]) for _ in range(2))
    secret = re.search(r"pcs_test_\w+", first)[0]
    assert secret.endswith(made.credential.secrets.get().last4)
    assert secret not in second


def test_a_public_client_has_no_secret_and_no_rotation(cast):
    response = new_client(cast, runs="public")
    credential = Client.objects.get().credential
    assert "there is no secret to keep" in words(read(cast.owner.client, response.headers["Location"]))
    rotate = reverse("key_rotate", args=[credential.public_id])
    assert cast.owner.client.get(rotate).headers["Location"] == f"/clients/{credential.public_id}/"
    assert rotate not in read(cast.owner.client, f"/clients/{credential.public_id}/")


def test_an_expired_public_client_gets_more_time_and_nothing_else_revives(cast):
    public, private = (
        make_client(cast.application, name, is_public=name == "Open").credential for name in ("Open", "Closed")
    )
    Credential.objects.filter(kind="client").update(expires_at=timezone.now())
    change = reverse("key_change", args=[public.public_id])
    form = {"access-books": "write", "networks": ""}
    assert "give it more time here" in words(read(cast.owner.client, change))
    assert cast.teammate.client.post(change, form | {"expires_days": "30"}).status_code == 403
    assert cast.owner.client.post(change, form | {"expires_days": ""}).status_code == 422
    assert cast.owner.client.post(change, form | {"expires_days": "4000"}).status_code == 422
    assert cast.owner.client.post(change, form | {"expires_days": "30"}).status_code == 303
    public.refresh_from_db()
    assert timedelta(days=29) < public.expires_at - timezone.now() <= timedelta(days=30)
    event = Event.objects.latest("id")
    assert (event.action, event.changes.keys()) == ("client.changed", {"expires_at"})
    other = reverse("key_change", args=[private.public_id])
    assert "new secret and a new expiry" in words(read(cast.owner.client, other))
    assert cast.owner.client.post(other, form | {"expires_days": "30"}).status_code == 422


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"redirect_uris": ""}, "Say where people are sent back to"),
        ({"redirect_uris": "javascript:alert(1)"}, "redirect"),
        ({"use": "machine", "runs": "public"}, "proves who it is with a secret"),
        ({"use": "everything"}, "Select a valid choice"),
    ],
)
def test_it_rejects_what_could_not_work(cast, wrong, why):
    response = new_client(cast, **wrong)
    assert response.status_code == 422
    assert why.lower() in words(response.content.decode()).lower()
    assert not Client.objects.exists()


def test_redirect_uris_are_named_anew_by_those_who_manage_keys(cast):
    client = make_client(cast.application)
    wanted = {"redirect_uris": "https://a.example/cb\nhttps://b.example/cb"}
    assert cast.teammate.client.post(client_page(client), wanted).status_code == 403
    assert cast.owner.client.post(client_page(client), {"redirect_uris": "http://a.example/cb"}).status_code == 422
    assert cast.owner.client.post(client_page(client), wanted).status_code == 303
    assert Client.objects.get().redirect_uris == ["https://a.example/cb", "https://b.example/cb"]
    assert Event.objects.latest("id").action == "client.redirects_set"


def test_a_key_is_no_client(cast):
    assert cast.owner.client.get(f"/clients/{cast.key.credential.public_id}/").status_code == 404


def test_clients_stand_among_the_keys_by_their_name(cast):
    make_client(cast.application, "Ward calendar")
    page = words(read(cast.owner.client, reverse("keys", args=[cast.application.public_id])))
    assert "Ward calendar client" in page


def test_the_first_call_is_made_with_a_key_and_with_no_client(cast):
    make_client(cast.application, "Ward calendar", is_public=True)
    page = read(cast.owner.client, "/start/")
    assert str(cast.key.credential.secrets.get()) in page


def test_a_public_client_is_found_and_has_its_place_beside_the_keys(cast):
    place = client_page(make_client(cast.application, "Ward calendar", is_public=True))
    assert place in read(cast.owner.client, f"/apps/{cast.application.public_id}/")
    assert place in read(cast.owner.client, "/search/?q=Ward")


def test_acts_on_a_client_lead_back_to_it_and_are_told_as_its_own(cast):
    client = make_client(cast.application)
    suspend = reverse("key_suspend", args=[client.credential.public_id])
    assert cast.owner.client.post(suspend).headers["Location"] == client_page(client)
    assert "suspended" in words(read(cast.owner.client, client_page(client)))
    set_redirect_uris(client.credential, ["https://b.example/cb"], actor=ACTOR)
    activity = words(read(cast.owner.client, f"/activity/{cast.organisation.public_id}/"))
    for act in ("Client created", "Client suspended", "Client's redirect URIs set"):
        assert act in activity
    found = events_of(parse_event_filters({"action": "client"})).events
    assert [event.action for event in found] == ["client.redirects_set", "client.suspended", "client.created"]
    assert undo_page(found[1]) == reverse("staff:key_resume", args=[client.credential.public_id])


def test_the_pages_make_few_queries_whatever_the_data(cast):
    clients = [make_client(cast.application, f"Client {number}") for number in range(4)]
    for number in range(4):
        make_consent(make_person(f"patient{number}@home.example"), clients[0], cast.version.api.slug)
    assert queries(cast.owner.client, reverse("clients", args=[cast.application.public_id])) <= 12
    assert queries(cast.owner.client, client_page(clients[0])) <= 12
    assert queries(cast.owner.client, client_page(clients[0]) + "console/") <= 12


def console_page(client):
    return f"/clients/{client.credential.public_id}/console/"


def test_the_console_fills_in_everything_but_secrets(cast):
    client = make_client(cast.application, grants=Grant.values)
    page = words(read(cast.owner.client, console_page(client)))
    assert f'-u "{client.credential.public_id}:$CLIENT_SECRET"' in page
    assert "code_challenge_method=S256" in page
    assert "redirect_uri=https://reader.example/callback" in page
    assert f"resource={settings().gateway_base}/library" in page
    assert client.secret not in page


def test_the_challenge_is_that_of_the_verifier():
    """RFC 7636, appendix B."""
    made = Challenge.of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert made.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_redirect_uri_cannot_run_in_the_shell_that_it_is_copied_to():
    console = Console(
        "cli_1", True, False, [], "https://a.example/$(id)`id`", "https://p", "https://g/a", "https://g/a"
    )
    code = console.people_steps(Challenge.of("verifier"))[1].code
    assert "'redirect_uri=https://a.example/$(id)`id`'" in code


def test_the_copied_program_makes_a_proof(tmp_path):
    """RFC 9449, 4.2 and 4.3."""
    (tmp_path / "dpop.py").write_text(PROOF_PROGRAM)
    command = [sys.executable, "dpop.py", "GET", "https://api.example/books", "token", "once"]
    proof = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()
    read_jws = jws.take_apart(proof)
    claims = jws.read_object(read_jws.payload)
    jws.check(read_jws, jws.read_public_key(read_jws.header["jwk"]))
    assert read_jws.header["typ"] == "dpop+jwt"
    assert (claims["htm"], claims["htu"], claims["nonce"]) == ("GET", "https://api.example/books", "once")
    assert claims["ath"] == jws.base64url_encode(hashlib.sha256(b"token").digest())


def test_a_token_got_here_is_shown_once_and_on_record(cast):
    client = make_client(cast.application, grants=[Grant.CLIENT_CREDENTIALS.value])
    response = cast.owner.client.post(console_page(client) + "token/", {"api": "library"})
    first, second = (read(cast.owner.client, response.headers["Location"]) for _ in range(2))
    token = re.search(r'id="token"[^>]*value="([^"]+)"', first)[1]
    claims = jws.read_object(jws.take_apart(token).payload)
    assert claims["scope"] == "books:read books:write"
    assert token not in second
    event = Event.objects.latest("id")
    assert (event.action, event.changes["token"][1]) == ("token.issued_by_hand", claims["jti"])


@pytest.mark.parametrize("values", [{}, {"grants": [Grant.CLIENT_CREDENTIALS.value], "requires_dpop": True}])
def test_no_page_gets_a_token_that_people_or_a_key_must_allow(cast, values):
    client = make_client(cast.application, **values)
    cast.owner.client.post(console_page(client) + "token/", {"api": "library"})
    assert not AccessToken.objects.exists()
    with pytest.raises(ValidationError):
        issue_by_hand(client.credential, cast.version.api, actor=ACTOR)


def test_a_revoked_client_gets_no_token(cast):
    client = make_client(cast.application, grants=[Grant.CLIENT_CREDENTIALS.value])
    revoke_key(client.credential, actor=ACTOR)
    with pytest.raises(ValidationError):
        issue_by_hand(client.credential, cast.version.api, actor=ACTOR)
    assert cast.owner.client.post(console_page(client) + "token/").status_code == 303


def test_getting_a_token_asks_who_is_there(cast):
    client = make_client(cast.application, grants=[Grant.CLIENT_CREDENTIALS.value])
    session = cast.owner.client.session
    session["proved at"] = 1
    session.save()
    response = cast.owner.client.post(console_page(client) + "token/", {"api": "library"})
    assert response.headers["Location"].startswith("/reauthenticate/")
    assert not AccessToken.objects.exists()
