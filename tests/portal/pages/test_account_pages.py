"""Signing up, signing in, and `/account/`."""

import re

import pytest
from django.test import Client

from accounts.models import Application, User
from contract.key_format import SCANNER_REGEX
from keys.models import Credential
from tests.portal.pages.reading import queries, read, words

pytestmark = pytest.mark.django_db
PASSWORD = "a long pass phrase 42"


def sign_up(client, email="amina@harbour.example", password=PASSWORD):
    return client.post("/signup/", {"email": email, "password1": password})


def test_signing_up_makes_all_that_a_first_call_needs(cast):
    client = Client()
    response = sign_up(client)
    assert (response.status_code, response.headers["Location"]) == (303, "/start/")
    application = Application.objects.get(organisation__memberships__user__email="amina@harbour.example")
    credential = Credential.objects.get(application=application)
    assert credential.environment == "test"
    assert credential.scopes == ["books:read"]


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("", PASSWORD),
        ("not an address", PASSWORD),
        ("a@b.example", "short"),
        ("a@b.example", ""),
        ("\x00@b.c", "x\x00"),
    ],
)
def test_what_cannot_be_signed_up_is_422_and_makes_nothing(client, email, password):
    response = sign_up(client, email, password)
    assert response.status_code == 422
    assert b'data-focus="yes"' in response.content
    assert not User.objects.exists()


def test_a_known_address_is_answered_like_an_unknown_one(cast):
    known, unknown = sign_up(Client(), "owner@bindery.example"), sign_up(Client(), "nobody@bindery.example")
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])


def test_a_wrong_password_is_422_with_the_form_again(cast, client):
    response = client.post("/login/", {"login": "owner@bindery.example", "password": "wrong"})
    assert response.status_code == 422
    assert b"owner@bindery.example" in response.content


@pytest.mark.parametrize("address", ["/password/set/", "/password/reset/", "/email/"])
def test_other_forms_answer_422_too(cast, address):
    response = cast.owner.client.post(address, {"action_add": "yes", "email": "no", "password1": "x"})
    assert response.status_code == 422


def test_the_account_page_says_which_address_is_confirmed_and_signs_out(cast):
    page = words(read(cast.owner.client, "/account/"))
    assert "owner@bindery.example confirmed" in page
    assert "Bindery" in page
    assert cast.owner.client.post("/logout/").status_code == 303
    assert cast.owner.client.get("/account/").status_code == 302


def test_every_page_names_the_organisation_with_few_queries(cast):
    assert ">Bindery<" in read(cast.owner.client, "/account/")
    assert queries(cast.owner.client, "/account/") <= 12


def test_pages_for_signed_in_people_lead_strangers_to_the_login(client):
    for address in (
        "/start/",
        "/apps/",
        "/apps/new/",
        "/apps/app_x/",
        "/apps/app_x/keys/",
        "/keys/k/created/",
        "/account/",
    ):
        response = client.get(address)
        assert (response.status_code, response.headers["Location"].partition("?")[0]) == (302, "/login/")


def test_no_page_of_the_account_shows_a_key(cast):
    assert not re.search(SCANNER_REGEX, read(cast.owner.client, "/account/"))
