"""Second factors: kept sealed, removed with care, asked for where an organisation says so."""

import re

import pytest
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential

from accounts.models import Authenticator, Role
from accounts.team import require_second_factor
from accounts.writes import add_member
from audit.models import Event
from contract.sealed import SealBroken
from notices.models import Letter
from tests.cast import sign_in
from tests.factories import ACTOR, add_authenticator, add_passkey, make_person
from tests.portal.pages.reading import queries, read, words

PASSWORD = "a lantern on the quay"
pytestmark = pytest.mark.django_db


@pytest.fixture
def amina():
    user = make_person("amina@harbour.example")
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


@pytest.fixture
def verified(amina):
    """Her browser, in which she has given a code."""
    return sign_in(amina, with_code=True).client


def code_of(user) -> str:
    return f"{totp(Authenticator.objects.get(user=user).bin_key):06d}"


def make_codes(client) -> list[str]:
    assert client.post("/account/security/recovery/")["Location"] == "/account/security/recovery/"
    return re.findall(r"\b[a-z2-9]{5}-[a-z2-9]{5}\b", read(client, "/account/security/recovery/"))


def second_step(user, code) -> int:
    """The status of a sign-in with password and code."""
    client = Client()
    client.post("/login/", {"login": user.email, "password": PASSWORD})
    return client.post("/login/code/", {"code": code}).status_code


def test_the_seed_is_kept_sealed_and_for_its_person_only(amina):
    key = TOTPDevice.objects.get(pk=add_authenticator(amina).pk).key
    device = Authenticator.objects.get(user=amina)
    assert len(device.bin_key) == 20
    assert device.bin_key.hex() not in key
    other = make_person("other@harbour.example")
    device.user = other
    with pytest.raises(SealBroken):
        _ = device.bin_key


def test_recovery_codes_are_shown_once_and_each_works_once(amina, verified):
    codes = make_codes(verified)
    assert len(set(codes)) == 10
    assert codes[0] not in read(verified, "/account/security/recovery/")
    assert not StaticToken.objects.filter(token__in=[code.replace("-", "") for code in codes]).exists()
    assert second_step(amina, codes[0]) in (302, 303)
    assert second_step(amina, codes[0]) == 422
    assert StaticToken.objects.count() == 9


def test_new_recovery_codes_make_the_former_void(amina, verified):
    old, new = make_codes(verified), make_codes(verified)
    assert second_step(amina, new[0].upper()) in (302, 303)
    assert second_step(amina, old[0]) == 422


def test_the_owner_is_told_what_can_be_signed_in_with(amina, verified):
    make_codes(verified)
    verified.post(f"/account/security/passkeys/{add_passkey(amina).credential_id_sha256}/remove/")
    add_passkey(amina)
    verified.post("/account/security/code/remove/")
    told = [letter.subject for letter in Letter.objects.filter(kind="account_changed", to=amina.email)]
    assert [subject.removeprefix("Your Portcullis account: ") for subject in told] == [
        "New recovery codes were made, and the former ones are void",
        "The passkey Desk computer was removed",
        "The authenticator app was removed",
    ]


def test_recovery_codes_need_a_factor_to_stand_in_for(amina):
    client = sign_in(amina).client
    client.post("/account/security/recovery/")
    assert not StaticToken.objects.exists()


def test_the_last_factor_of_staff_stays(cast):
    cast.staff.client.post("/account/security/code/remove/")
    assert Authenticator.objects.filter(user=cast.staff.user).exists()
    assert "your last second factor" in read(cast.staff.client, "/account/security/")
    add_passkey(cast.staff.user)
    cast.staff.client.post("/account/security/code/remove/")
    assert not Authenticator.objects.filter(user=cast.staff.user).exists()


def test_removing_the_last_factor_takes_the_recovery_codes_along(amina, verified):
    make_codes(verified)
    verified.post("/account/security/code/remove/")
    assert not StaticToken.objects.exists()
    assert Event.objects.filter(action="second_factor.removed", actor_id=amina.public_id).count() == 1


def test_a_passkey_is_named_removed_and_nobody_elses_business(cast, amina, verified):
    own = f"/account/security/passkeys/{add_passkey(amina).credential_id_sha256}/"
    for path in (own, f"{own}remove/"):
        assert cast.stranger.client.post(path, {"name": "Mine"}).status_code == 404
    assert verified.post(own, {"name": ""}).status_code == 422
    assert verified.post(own, {"name": '"><script>alert(1)</script>'}).status_code == 303
    assert "<script>alert" not in read(verified, "/account/security/")
    assert verified.post(f"{own}remove/").status_code == 303
    assert not WebAuthnCredential.objects.filter(user=amina).exists()


def test_a_session_without_the_factor_is_asked_for_it_before_anything_sensitive(amina):
    client = sign_in(amina).client
    add_authenticator(amina)
    asked = client.post("/account/security/code/remove/")["Location"]
    assert asked.startswith("/login/code/?next=")
    assert client.post("/account/security/passkeys/begin/")["Location"].startswith("/login/code/?next=")
    assert client.post(asked, {"code": code_of(amina)}).status_code == 302
    client.post("/account/security/code/remove/")
    assert not Authenticator.objects.filter(user=amina).exists()


@pytest.mark.parametrize(
    "credential", ["", "{", "[]", "null", '{"id": "x"}', '{"id":1,"rawId":[],"response":{}}', "[" * 9000]
)
def test_it_rejects_an_answer_that_is_no_passkeys(amina, credential):
    for client, begin, finish in (
        (Client(), "/login/passkey/begin/", "/login/passkey/"),
        (sign_in(amina).client, "/account/security/passkeys/begin/", "/account/security/passkeys/"),
    ):
        options = client.post(begin).json()
        assert options["challenge"]
        for _ in range(2):
            assert client.post(finish, {"credential": credential}).status_code == 303
    assert not WebAuthnCredential.objects.exists()


def test_who_is_not_signed_in_learns_nothing_of_anybodys_passkeys(amina):
    add_passkey(amina)
    options = Client().post("/login/passkey/begin/").json()
    assert options["allowCredentials"] == []
    assert options["userVerification"] == "required"


def test_an_organisation_can_ask_its_members_for_a_factor(cast, amina):
    add_member(cast.organisation, amina, Role.DEVELOPER, actor=ACTOR)
    client, app = sign_in(amina).client, f"/apps/{cast.application.public_id}/"
    assert client.get(app).status_code == 200
    require_second_factor(cast.organisation, True, actor=ACTOR)
    for path in (app, "/", "/apps/", "/start/", f"{app}keys/new/", "/team/"):
        response = client.get(path)
        assert (response.status_code, response["Location"].partition("?")[0]) == (302, "/account/security/"), path
        assert client.post(path).status_code == 302
    assert "Set one up to go on." in words(read(client, f"/account/security/?next={app}"))
    add_authenticator(amina)
    asked = client.get(app)["Location"]
    assert asked.startswith("/login/code/?next=")
    assert client.post(asked, {"code": code_of(amina)})["Location"] == app
    assert client.get(app).status_code == 200
    assert cast.stranger.client.get("/apps/").status_code == 200


def test_such_a_member_cannot_drop_the_last_factor(cast, amina, verified):
    add_member(cast.organisation, amina, Role.VIEWER, actor=ACTOR)
    require_second_factor(cast.organisation, True, actor=ACTOR)
    verified.post("/account/security/code/remove/")
    assert Authenticator.objects.filter(user=amina).exists()


def test_the_page_asks_few_questions(verified):
    assert queries(verified, "/account/security/") <= 12
