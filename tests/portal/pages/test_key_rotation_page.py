"""Rotating, changing, suspending on pages: what the forms say is done, and what somebody else did is told."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.key_use import KeyUse
from contract.key_format import SCANNER_REGEX
from keys.models import Credential, Secret, Side
from keys.rotation import OVERLAPS, end_overlap, start_rotation
from keys.suspension import suspend_key
from keys.writes import revoke_key
from plans.writes import set_plan
from tests.factories import ACTOR
from tests.portal.pages.calling import make_calls
from tests.portal.pages.reading import queries, read, words
from tests.portal.pages.test_app_pages import operation

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(cast):
    return cast.key.credential


@pytest.fixture
def url(key):
    return f"/keys/{key.public_id}/"


def secret(key, state="current"):
    return key.secrets.get(state=state)


def rotate(cast, url, key, **values):
    data = {"act": "rotate", "replaces": secret(key).public_id, "overlap": "24h", "expires_days": ""} | values
    return cast.owner.client.post(url + "rotate/", data)


def test_rotating_shows_the_new_secret_once_and_says_how_long_the_old_one_works(cast, url, key):
    response = rotate(cast, url, key)
    assert (response.status_code, response.headers["Location"]) == (303, url + "created/")
    page = read(cast.owner.client, url + "created/")
    assert re.search(SCANNER_REGEX, page)[0].endswith(secret(key).last4)
    assert f"The old secret {secret(key, 'retiring')} works until" in words(page)
    assert not re.search(SCANNER_REGEX, read(cast.owner.client, url + "created/"))
    assert f"…{cast.key.secret[-4:]}" in words(read(cast.owner.client, f"/apps/{cast.application.public_id}/keys/"))


def test_the_page_counts_old_against_new_and_names_who_calls_with_the_old_one(cast, url, key):
    rotate(cast, url, key)
    old, new = secret(key, "retiring"), secret(key)
    values = {"credential": key.public_id, "user_agent": "nightly/1"}
    make_calls(cast.application, operation(), 3, secret=old.public_id, address="203.0.113.7", **values)
    make_calls(cast.application, operation(), 2, secret=new.public_id, address="203.0.113.8", **values)
    Secret.objects.update(created_at=timezone.now() - timedelta(days=2))
    page = words(read(cast.owner.client, url + "rotate/"))
    assert f"{old} old 3" in page
    assert f"{new} new 2" in page
    assert "203.0.113.7 3 calls" in page
    assert "203.0.113.8" not in page
    assert "Nobody has called with the old secret for 60 minutes" not in page


def test_an_old_secret_that_was_idle_for_an_hour_can_be_ended(cast, url, key):
    rotate(cast, url, key)
    assert "for 60 minutes" not in words(read(cast.owner.client, url + "rotate/"))
    Secret.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    assert "Nobody has called with the old secret for 60 minutes" in words(read(cast.owner.client, url + "rotate/"))
    assert cast.owner.client.post(url + "rotate/", {"act": "end"}).status_code == 303
    assert secret(key).last4 != cast.key.secret[-4:]
    assert key.secrets.filter(state="ended").count() == 1


def test_calls_that_were_cut_off_prove_no_idleness():
    now = timezone.now()
    busy = [("sec_new", now - timedelta(seconds=number), "", "") for number in range(5000)]
    use = KeyUse([*busy[:-1], ("sec_new", now - timedelta(minutes=59), "", "")], now - timedelta(days=7))
    assert use.is_cut
    assert not use.is_idle("sec_old", now)
    assert use.is_idle("sec_old", now + timedelta(minutes=2))


def test_extending_and_cancelling(cast, url, key):
    rotate(cast, url, key, overlap="1h")
    assert cast.owner.client.post(url + "rotate/", {"act": "extend", "overlap": "7d"}).status_code == 303
    assert secret(key, "retiring").not_after > timezone.now() + timedelta(days=6)
    assert cast.owner.client.post(url + "rotate/", {"act": "cancel"}).status_code == 303
    assert secret(key).last4 == cast.key.secret[-4:]


def test_what_somebody_else_did_meanwhile_is_409_and_shows_how_it_stands(cast, url, key):
    seen = secret(key).public_id
    start_rotation(key, actor=ACTOR, overlap=OVERLAPS["0"])
    response = rotate(cast, url, key, replaces=seen)
    assert response.status_code == 409
    assert "Somebody rotated this key a moment ago" in words(response.content.decode())
    rotate(cast, url, key)
    end_overlap(key, actor=ACTOR)
    for act in ({"act": "end"}, {"act": "cancel"}, {"act": "extend", "overlap": "24h"}):
        assert cast.owner.client.post(url + "rotate/", act).status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [{"overlap": "2h"}, {"overlap": ""}, {"expires_days": "9999"}, {"replaces": ""}, {"act": "explode"}, {"act": ""}],
)
def test_wrong_input_is_422_and_rotates_nothing(cast, url, key, wrong):
    assert rotate(cast, url, key, **wrong).status_code == 422
    assert key.secrets.count() == 1


def test_a_leaked_key_is_rotated_without_overlap_and_stands_first_at_home(cast, url, key):
    Credential.objects.filter(pk=key.pk).update(quarantined_to=["books:read"])
    assert f"{key} of {cast.application} was reported as leaked" in words(read(cast.owner.client, "/"))
    page = read(cast.owner.client, url + "rotate/")
    assert "ends the leaked secret at once" in words(page)
    assert 'name="overlap"' not in page
    assert rotate(cast, url, key).status_code == 303
    assert list(key.secrets.values_list("state", flat=True)) == ["current", "ended"]


def test_an_expired_key_is_renewed_by_rotation_only(cast, url, key):
    Credential.objects.filter(pk=key.pk).update(expires_at=timezone.now())
    assert "Rotating it gives it a new secret" in words(read(cast.owner.client, url + "change/"))
    assert rotate(cast, url, key).status_code == 422
    assert rotate(cast, url, key, expires_days="30").status_code == 303
    assert Credential.objects.get(pk=key.pk).state == "active"


def test_a_revoked_key_leads_back_to_the_list(cast, url, key):
    revoke_key(key, actor=ACTOR)
    assert cast.owner.client.get(url + "rotate/").status_code == 303
    assert "revoked for good" in words(read(cast.owner.client, url + "change/"))


def change(cast, url, **values):
    data = {"access-books": "write", "networks": "", "expires_days": ""} | values
    return cast.owner.client.post(url + "change/", data)


def test_a_key_is_changed_as_chosen(cast, url, key):
    assert change(cast, url, **{"access-books": "read"}, networks="203.0.113.0/24", expires_days="7").status_code == 303
    key.refresh_from_db()
    assert (key.scopes, key.networks) == (["books:read"], ["203.0.113.0/24"])
    assert key.expires_at < timezone.now() + timedelta(days=8)


def test_a_scope_that_the_plan_has_lost_is_kept_while_nobody_touches_it(cast, url, key):
    Credential.objects.filter(pk=key.pk).update(scopes=["books:write"])
    set_plan("starter", actor=ACTOR, scopes=["books:read"])
    assert change(cast, url, networks="203.0.113.7").status_code == 303
    key.refresh_from_db()
    assert (key.scopes, key.networks) == (["books:write"], ["203.0.113.7/32"])


@pytest.mark.parametrize(
    "wrong", [{"networks": "everywhere"}, {"access-books": "admin"}, {"access-books": ""}, {"expires_days": "x"}]
)
def test_a_wrong_change_is_422_and_changes_nothing(cast, url, key, wrong):
    assert change(cast, url, **wrong).status_code == 422
    key.refresh_from_db()
    assert (key.scopes, key.networks) == (["books:read", "books:write"], [])


def test_presets_choose_for_every_resource(cast, url):
    new = f"/apps/{cast.application.public_id}/keys/new/"
    for page in (new, url + "change/"):
        for preset, level in (("read", "read"), ("all", "write"), ("none", "")):
            shown = read(cast.owner.client, f"{page}?preset={preset}&access-books=write")
            assert re.search(rf'name="access-books" value="{level}"[^>]* checked', shown), (page, preset)


def test_suspending_and_resuming(cast, url, key):
    assert "Suspend Key?" in words(read(cast.owner.client, url + "suspend/"))
    assert cast.owner.client.post(url + "suspend/").status_code == 303
    assert Credential.objects.get(pk=key.pk).status == "suspended"
    assert cast.owner.client.post(url + "resume/").status_code == 303
    assert Credential.objects.get(pk=key.pk).status == "active"


def test_what_staff_suspended_the_team_reads_about_and_cannot_resume(cast, url, key):
    suspend_key(key, Side.STAFF, actor=ACTOR, reason="Internal words")
    for answer in (cast.owner.client.post(url + "resume/"), cast.owner.client.get(url + "resume/")):
        page = words(answer.content.decode())
        assert "staff suspended this key" in page
        assert "Internal words" not in page
    assert Credential.objects.get(pk=key.pk).status == "suspended"


@pytest.mark.parametrize("act", ["rotate", "change", "suspend", "resume"])
def test_who_may_not_manage_keys_gets_403_and_a_stranger_404(cast, url, key, act):
    for method in ("get", "post"):
        assert getattr(cast.teammate.client, method)(url + f"{act}/").status_code == 403
        assert getattr(cast.stranger.client, method)(url + f"{act}/").status_code == 404
    assert Credential.objects.get(pk=key.pk).status == "active"
    assert key.secrets.count() == 1


def test_the_pages_make_few_queries_whatever_the_data(cast, url, key):
    start_rotation(key, actor=ACTOR, overlap=OVERLAPS["24h"])
    few = {part: queries(cast.owner.client, url + part) for part in ("rotate/", "change/")}
    make_calls(cast.application, operation(), 100, credential=key.public_id, secret=secret(key, "retiring").public_id)
    for part, number in few.items():
        assert queries(cast.owner.client, url + part) == number <= 12
