"""Signing in with a code, and enrolling the app that makes codes."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp

from accounts.authenticators import Authenticator
from accounts.code_tries import CodeTries
from accounts.models import User
from audit.models import Event
from portal.pages.second_factor import KEY_IN_ENROLMENT
from tests.factories import add_authenticator, make_person

PASSWORD = "correct horse battery staple"
WRONG = "That code does not fit."


@pytest.fixture(autouse=True)
def _quick_hasher(settings: Any) -> None:
    """The price of a password is not what is tested here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def keeper(db: None) -> User:
    """A member of staff with a password."""
    user = make_person("keeper@portcullis.example", is_staff=True, is_superuser=True)
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


@pytest.fixture
def device(keeper: User) -> Authenticator:
    return add_authenticator(keeper)


def _sign_in(client: Client, query: str = "?next=/admin/plans/") -> str:
    """With e-mail and password; returns where it leads."""
    response = client.post(f"/login/{query}", {"login": "keeper@portcullis.example", "password": PASSWORD})
    assert response.status_code in (302, 303)
    return str(response["Location"])


def _code(device: Authenticator) -> str:
    return f"{totp(device.bin_key):06d}"


def test_it_opens_the_staff_side_after_password_and_code(device: Authenticator) -> None:
    client = Client()
    assert _sign_in(client) == "/login/code/"
    response = client.post("/login/code/", {"code": _code(device)})
    assert response["Location"] == "/admin/plans/"
    assert client.get("/admin/plans/").status_code == 200


def test_it_takes_a_code_in_two_groups(device: Authenticator) -> None:
    client, code = Client(), _code(device)
    _sign_in(client)
    assert client.post("/login/code/", {"code": f"{code[:3]} {code[3:]}"}).status_code in (302, 303)


def test_the_password_alone_signs_nobody_in_who_has_an_authenticator(device: Authenticator) -> None:
    client = Client()
    _sign_in(client)
    assert "_auth_user_id" not in client.session
    assert client.get("/admin/")["Location"].startswith("/login/?next=")


@pytest.mark.parametrize("code", ["000000", "abcdef", "1", "999999999999", "１２３４５６", "-1", "0x1", " "])
def test_it_rejects_a_wrong_code(device: Authenticator, code: str) -> None:
    client = Client()
    _sign_in(client)
    response = client.post("/login/code/", {"code": code})
    assert response.status_code == 422
    assert "_auth_user_id" not in client.session


def test_a_code_serves_once(device: Authenticator) -> None:
    code, first, second = _code(device), Client(), Client()
    _sign_in(first)
    _sign_in(second)
    assert first.post("/login/code/", {"code": code}).status_code in (302, 303)
    response = second.post("/login/code/", {"code": code})
    assert response.status_code == 422
    assert WRONG in response.content.decode()


def test_guessing_is_slowed_down_and_the_refusal_reads_the_same(device: Authenticator) -> None:
    client = Client()
    _sign_in(client)
    wrong = client.post("/login/code/", {"code": "000000"}).content.decode()
    too_soon = client.post("/login/code/", {"code": _code(device)})
    assert too_soon.status_code == 422
    assert WRONG in wrong
    assert WRONG in too_soon.content.decode()


def test_a_guesser_has_to_wait_ever_longer_but_never_beyond_the_hour(device: Authenticator) -> None:
    client = Client()
    _sign_in(client)
    waits = []
    for _ in range(14):
        client.post("/login/code/", {"code": "000000"})
        tries = CodeTries.objects.get()
        assert tries.must_wait(timezone.now())
        waits.append(next(seconds for seconds in range(4000) if not tries.must_wait(_later(tries, seconds))))
        CodeTries.objects.update(failed_at=timezone.now() - timedelta(hours=1))
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 2048, 2048]


def _later(tries: CodeTries, seconds: int) -> datetime:
    assert tries.failed_at is not None
    return tries.failed_at + timedelta(seconds=seconds)


def test_an_older_session_is_asked_for_the_code_and_goes_on(device: Authenticator) -> None:
    client = Client()
    client.force_login(device.user)
    asked = client.get("/admin/keys/")["Location"]
    assert asked == "/login/code/?next=%2Fadmin%2Fkeys%2F"
    assert client.post(asked, {"code": _code(device)})["Location"] == "/admin/keys/"
    assert client.get("/admin/keys/").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_it_never_leads_elsewhere(device: Authenticator, target: str) -> None:
    client = Client()
    client.force_login(device.user)
    response = client.post("/login/code/", {"code": _code(device)}, query_params={"next": target})
    assert response["Location"] == "/"


def test_the_code_page_is_nothing_without_a_login_under_way(keeper: User) -> None:
    assert Client().get("/login/code/")["Location"] == "/login/"


def test_staff_enrol_an_app_and_are_verified_at_once(keeper: User) -> None:
    client = Client()
    assert _sign_in(client, "?next=/admin/") == "/admin/"
    enrolment = client.get("/admin/")["Location"]
    assert client.get(enrolment).status_code == 200
    key = client.session[KEY_IN_ENROLMENT]
    code = f"{totp(bytes.fromhex(key)):06d}"
    assert client.post(enrolment, {"code": code})["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert KEY_IN_ENROLMENT not in client.session
    assert Event.objects.filter(action="second_factor.enrolled", actor_id=keeper.public_id).count() == 1


def test_a_wrong_first_code_enrols_nothing(keeper: User) -> None:
    client = Client()
    client.force_login(keeper)
    client.get("/account/security/code/")
    assert client.post("/account/security/code/", {"code": "000000"}).status_code == 422
    assert not Authenticator.objects.exists()
    assert not Event.objects.filter(action="second_factor.enrolled").exists()


def test_a_second_app_cannot_be_slipped_in_beside_the_first(device: Authenticator) -> None:
    client = Client()
    client.force_login(device.user)
    assert client.get("/account/security/code/").status_code in (302, 303)
    assert client.post("/account/security/code/", {"code": "000000"}).status_code in (302, 303)
    assert Authenticator.objects.count() == 1


def test_the_qr_code_is_a_picture_that_no_cache_keeps(keeper: User) -> None:
    client = Client()
    client.force_login(keeper)
    assert client.get("/account/security/code/picture.svg").status_code == 404
    client.get("/account/security/code/")
    picture = client.get("/account/security/code/picture.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert "no-store" in picture["Cache-Control"]
    assert picture.content.startswith(b"<?xml")


def test_signing_out_forgets_the_code(device: Authenticator) -> None:
    client = Client()
    _sign_in(client)
    client.post("/login/code/", {"code": _code(device)})
    client.post("/logout/")
    client.force_login(device.user)
    assert client.get("/admin/")["Location"].startswith("/login/code/")
