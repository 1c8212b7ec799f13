"""Guessing passwords and codes from a thousand addresses lets nobody in. 300 tries, or 10,000 with PROVE=1."""

import os
import re
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp

from accounts.code_tries import CodeTries, try_code
from accounts.models import Authenticator, User
from accounts.recovery_codes import make_recovery_codes
from portal.client_address import nearest_stranger
from tests.factories import ACTOR, add_authenticator, make_person

TRIES = 10_000 if os.environ.get("PROVE") else 300
ADDRESSES = 1000
PASSWORD = "a lantern on the quay"
OWNER = "owner@bindery.example"
VARYING = re.compile(r'(csrfmiddlewaretoken" value=")[^"]+|<code>[0-9a-f-]{36}</code>')
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(settings: Any) -> None:
    """The price of a password is not what is tested here; pages name files as they lie in the tree."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def owner() -> User:
    user = make_person(OWNER)
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def address(number: int) -> str:
    return f"198.18.{number % ADDRESSES // 250}.{number % 250 + 1}"


def log_in(client: Client, password: str, number: int = 0, email: str = OWNER) -> Any:
    return client.post("/login/", {"login": email, "password": password}, REMOTE_ADDR=address(number))


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_guessed_passwords_open_nothing_and_the_owner_still_gets_in(owner: User) -> None:
    known = Client()
    log_in(known, PASSWORD)
    known.post("/logout/")
    guesser = Client()
    for number in range(TRIES):
        log_in(guesser, f"guess {number}", number)
    # Even the right one comes too late for a stranger's browser, which learns nothing from it.
    assert log_in(guesser, PASSWORD, TRIES + 1).status_code == 422
    assert not is_in(guesser)
    log_in(known, PASSWORD, TRIES + 2)
    assert is_in(known)
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        anew = Client()
        log_in(anew, PASSWORD, TRIES + 3)
        assert is_in(anew)


def test_guessed_codes_open_nothing_and_hold_up_no_browser_and_no_network_of_the_owner(owner: User) -> None:
    device = add_authenticator(owner)
    recovery, home = make_recovery_codes(owner, actor=ACTOR), "203.0.113.9"
    with time_machine.travel(timezone.now(), tick=False) as clock:
        known = Client()
        assert gets_in(known, code_now(device), home)
        known.post("/logout/")
        guess_codes(device, clock)
        tries = CodeTries.objects.get(place="")
        clock.move_to(tries.failed_at + timedelta(seconds=1))
        assert not gets_in(Client(), code_now(device), address(7)), "strangers share one count"
        assert gets_in(known, code_now(device), "198.51.100.1"), "the owner's browser, wherever it is"
        clock.shift(60)
        assert gets_in(Client(), code_now(device), "203.0.113.200"), "the owner's network, whatever the browser"
        assert gets_in(Client(), recovery[0], "198.51.100.2"), "a recovery code, from anywhere"
        clock.shift(3600)
        assert gets_in(Client(), code_now(device), address(8)), "any browser and network, within the hour"


def code_now(device: Authenticator) -> str:
    return f"{totp(device.bin_key):06d}"


def gets_in(client: Client, code: str, source: str) -> bool:
    client.post("/login/", {"login": OWNER, "password": PASSWORD}, REMOTE_ADDR=source)
    client.post("/login/code/", {"code": code}, REMOTE_ADDR=source)
    return is_in(client)


def guess_codes(device: Authenticator, clock: Any) -> None:
    """By somebody who has the password: a code each second, and recovery codes between them, none of them right."""
    for number in range(TRIES):
        if number % 250 == 0:
            # A login that waits for its code is given up after a quarter of an hour.
            guesser = Client()
            log_in(guesser, PASSWORD, number)
            assert is_refused(guesser, "abcde-fghij", number)
        clock.shift(1)
        right = {f"{totp(device.bin_key, drift=steps):06d}" for steps in (-2, -1, 0, 1, 2)}
        assert f"{number:06d}" in right or is_refused(guesser, f"{number:06d}", number)
        assert number % 250 < 249 or not is_in(guesser)


def is_refused(guesser: Client, code: str, number: int) -> bool:
    answer = guesser.post("/login/code/", {"code": code}, REMOTE_ADDR=address(number))
    return "That code does not fit." in answer.content.decode()


def test_codes_that_come_too_soon_are_not_even_looked_at(owner: User) -> None:
    device = add_authenticator(owner)
    assert [try_code(device, "000000", "") for _ in range(5)] == [None] * 5
    assert CodeTries.objects.get().failures == 1, "the other four came too soon to be looked at"


def test_the_answers_do_not_tell_known_from_unknown(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the text nor the work: one password is hashed for each try, and none once tries are used up."""
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *given: hashed.append("x") or encode(self, *given))
    for number in range(8):
        answers, work = [], []
        for email in (OWNER, "nobody@bindery.example"):
            hashed.clear()
            response = log_in(Client(), "wrong", number, email)
            answers.append((response.status_code, VARYING.sub("", response.content.decode()).replace(email, "")))
            work.append(len(hashed))
        assert answers[0] == answers[1]
        assert work == ([1, 1] if number < 5 else [0, 0])


@pytest.mark.parametrize(
    ("peer", "header", "found"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_only_our_proxies_are_believed_about_addresses(peer: str, header: str, found: str) -> None:
    assert nearest_stranger(peer, header, (ip_network("10.0.0.0/8"),)) == found
