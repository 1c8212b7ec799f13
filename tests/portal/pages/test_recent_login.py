"""Acts on keys, members and factors ask once more who it is when the sign-in is some time ago."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path
from django_otp.oath import totp

from accounts.models import User
from portal.pages.recent_login import recent_login_required
from tests.factories import add_authenticator, make_person

PASSWORD = "a lantern on the quay"
pytestmark = pytest.mark.django_db


@recent_login_required
def guarded(request: HttpRequest) -> HttpResponse:
    """A sensitive page."""
    return HttpResponse("done")


urlpatterns = [path("guarded/", guarded), path("", include("portal.urls"))]


@pytest.fixture(autouse=True)
def _guarded_page():
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def amina() -> User:
    user = make_person("amina@harbour.example")
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


@pytest.fixture
def stale(amina: User) -> Client:
    """A browser in which she signed in long ago."""
    client = Client()
    client.force_login(amina)
    forget(client)
    return client


def forget(client: Client) -> None:
    session = client.session
    session["proved at"] = int(time.time()) - 901
    session.save()


def test_a_fresh_sign_in_is_enough(amina):
    client = Client()
    client.post("/login/", {"login": amina.email, "password": PASSWORD})
    assert client.get("/guarded/").content == b"done"


def test_signing_up_is_enough(db):
    client = Client()
    client.post("/signup/", {"email": "new@harbour.example", "password1": PASSWORD})
    assert client.get("/guarded/").content == b"done"


@pytest.mark.parametrize("page", ["/email/", "/password/change/"])
def test_addresses_and_passwords_need_a_fresh_proof(stale, page):
    assert stale.get(page).headers["Location"].startswith("/reauthenticate/?next=")
    assert stale.post(page, {"action_add": "", "email": "thief@elsewhere.example"}).status_code == 303
    assert not EmailAddress.objects.filter(email="thief@elsewhere.example").exists()


def test_an_old_sign_in_is_asked_and_led_back(stale):
    asked = stale.get("/guarded/?a=b")
    assert (asked.status_code, asked["Location"]) == (303, "/reauthenticate/?next=%2Fguarded%2F%3Fa%3Db")
    back = stale.post(asked["Location"], {"password": PASSWORD})
    assert (back.status_code, back["Location"]) == (303, "/guarded/?a=b")
    assert stale.get("/guarded/").content == b"done"


def test_a_form_sent_too_late_is_not_carried_out_and_leads_back_to_its_page(stale):
    asked = stale.post("/guarded/", headers={"Referer": "http://testserver/apps/?x=1"})
    assert parse_qs(urlsplit(asked["Location"]).query) == {"next": ["/apps/?x=1"]}
    assert "Nothing is changed yet." in stale.get(asked["Location"]).content.decode()


def test_a_foreign_referer_leads_nowhere(stale):
    asked = stale.post("/guarded/", headers={"Referer": "https://evil.example/"})
    assert parse_qs(urlsplit(asked["Location"]).query) == {"next": ["/guarded/"]}


def test_a_swap_of_a_part_takes_the_whole_page_along(stale):
    asked = stale.get("/guarded/", headers={"HX-Request": "true", "Referer": "http://testserver/apps/"})
    assert asked["HX-Redirect"] == "/reauthenticate/?next=%2Fapps%2F"


@pytest.mark.parametrize("given", [{}, {"password": "wrong"}, {"password": ""}, {"code": "000000"}])
def test_it_rejects_what_proves_nothing(stale, given):
    assert stale.post("/reauthenticate/", given).status_code == 422
    assert stale.get("/guarded/").status_code == 303


def test_a_code_of_the_authenticator_is_enough_and_serves_once(stale, amina):
    device = add_authenticator(amina)
    code = f"{totp(device.bin_key):06d}"
    assert stale.post("/reauthenticate/?next=/apps/", {"code": code})["Location"] == "/apps/"
    forget(stale)
    assert stale.post("/reauthenticate/", {"code": code}).status_code == 422


def test_guessing_the_password_is_limited(stale):
    answers = [stale.post("/reauthenticate/", {"password": f"guess {n}"}).status_code for n in range(6)]
    assert answers == [422] * 5 + [429]


def test_another_persons_proof_does_not_count(stale):
    """A session that changes hands begins anew."""
    stale.post("/reauthenticate/", {"password": PASSWORD})
    stale.post("/logout/")
    stale.force_login(make_person("other@harbour.example"))
    forget(stale)
    assert stale.get("/guarded/").status_code == 303
