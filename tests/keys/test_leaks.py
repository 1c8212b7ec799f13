"""Leak reports: what is live is contained once and its owners told; what is not ours leaves no trace."""

import pytest
from django.utils import timezone

from accounts.models import Role
from accounts.writes import add_member
from audit.actors import Actor
from contract.key_format import mint_key
from keys.leak_tokens import kept_url, tokens_in, without_tokens
from keys.leaks import Found, handle, handle_waiting, receive
from keys.models import Credential, LeakReport, Side
from keys.rotation import OVERLAPS, start_rotation
from keys.suspension import suspend_key
from keys.writes import revoke_key
from notices.models import Letter
from plans.writes import set_plan
from tests.cast import Cast
from tests.factories import ACTOR, make_key, make_person

pytestmark = pytest.mark.django_db
REPORTER = Actor("system", "leak-reports", "Leak reports")


def report(*tokens: str, url: str = "https://paste.example/p/1") -> list[LeakReport]:
    return handle(receive([Found(token, "portcullis_key", url) for token in tokens], actor=REPORTER))


def fresh(cast: Cast) -> Credential:
    return Credential.objects.get(pk=cast.key.credential.pk)


def test_a_live_key_keeps_its_reading_scopes_and_its_owner_gets_the_link_that_rotates_it(cast: Cast) -> None:
    found = report(cast.key.secret)
    assert [one.outcome for one in found] == ["quarantined"]
    key = fresh(cast)
    assert (key.state, key.scopes_in_force, key.scopes) == (
        "quarantined",
        ["books:read"],
        ["books:read", "books:write"],
    )
    letter = Letter.objects.get()
    assert letter.to == cast.owner.user.email
    assert f"/keys/{key.public_id}/rotate/" in letter.body
    assert "https://paste.example/p/1" in letter.body
    assert cast.key.secret not in letter.body


def test_the_letter_about_a_suspended_key_does_not_say_that_it_reads(cast: Cast) -> None:
    suspend_key(fresh(cast), Side.STAFF, actor=ACTOR)
    assert [one.outcome for one in report(cast.key.secret)] == ["quarantined"]
    body = Letter.objects.get().body
    assert "all its calls are refused, as before" in body
    assert "goes on reading" not in body


def test_a_second_report_changes_nothing(cast: Cast) -> None:
    report(cast.key.secret)
    start_rotation(fresh(cast), actor=ACTOR, overlap=OVERLAPS["24h"])
    receive([Found(cast.key.secret, url="https://elsewhere.example/")], actor=REPORTER)
    assert handle_waiting() == 0
    assert fresh(cast).state == "active"
    assert LeakReport.objects.get().url == "https://paste.example/p/1"
    assert Letter.objects.count() == 1


def test_a_plan_may_say_that_leaked_keys_are_revoked(cast: Cast) -> None:
    set_plan("starter", actor=ACTOR, on_leak="revoke")
    assert [one.outcome for one in report(cast.key.secret)] == ["revoked"]
    assert fresh(cast).state == "revoked"
    assert f"/apps/{cast.application.public_id}/keys/new/" in Letter.objects.get().body


def test_a_secret_that_is_being_rotated_away_only_has_to_go(cast: Cast) -> None:
    start_rotation(cast.key.credential, actor=ACTOR, overlap=OVERLAPS["30d"])
    assert [one.outcome for one in report(cast.key.secret)] == ["ended"]
    assert fresh(cast).state == "active"
    assert list(fresh(cast).secrets.values_list("state", flat=True)) == ["current", "ended"]


def test_a_secret_that_works_no_more_is_noted_and_nobody_is_told(cast: Cast) -> None:
    revoke_key(cast.key.credential, actor=ACTOR)
    expired = make_key(cast.application)
    Credential.objects.filter(pk=expired.credential.pk).update(expires_at=timezone.now())
    assert [one.outcome for one in report(cast.key.secret, expired.secret)] == ["none", "none"]
    assert Letter.objects.count() == 0


def test_a_suspended_key_stays_suspended_and_comes_back_quarantined(cast: Cast) -> None:
    suspend_key(cast.key.credential, "team", actor=ACTOR)  # type: ignore[arg-type]
    report(cast.key.secret)
    key = fresh(cast)
    assert (key.state, key.is_quarantined) == ("suspended", True)


def test_what_is_not_ours_leaves_no_row(cast: Cast) -> None:
    assert report(mint_key("live"), "pc_live_" + "0" * 36, "AKIA0000", "") == []
    assert LeakReport.objects.count() == 0
    assert Letter.objects.count() == 0


def test_no_token_is_kept_wherever_the_reporter_put_it(cast: Cast) -> None:
    token = cast.key.secret
    receive([Found(token, kind=token, url=f"https://x.example/{token}?k={token}#{token}")], actor=REPORTER)
    row = LeakReport.objects.get()
    assert token not in f"{row.kind} {row.url} {row.digest} {row.reporter}"
    assert row.url == f"https://x.example/{token[:12]}…"


def test_whoever_made_the_key_is_told_beside_the_owners_and_a_viewer_is_not(cast: Cast) -> None:
    developer = make_person("developer@bindery.example")
    add_member(cast.organisation, developer, Role.DEVELOPER, actor=ACTOR)
    report(make_key(cast.application, created_by=developer).secret)
    assert sorted(Letter.objects.values_list("to", flat=True)) == [developer.email, cast.owner.user.email]


def test_tokens_are_found_in_any_text_once_each() -> None:
    one, two = mint_key("live"), mint_key("test")
    text = f'curl -H "X-API-Key: {one}" https://api.example\nKEY={two};{one} pc_live_{"A" * 36}'
    assert tokens_in(text) == [one, two]
    assert without_tokens(text).count("…") == 4


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://user:password@git.example:8443/a/b?token=1#L3", "https://git.example:8443/a/b"),
        ("http://[2001:db8::1]/x", "http://[2001:db8::1]/x"),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("https://x:999999/", ""),
        ("http://[", ""),
        ("", ""),
        ("https://x.example/\r\nBcc: all@x.example", "https://x.example/Bcc:all@x.example"),
        ("https://x.example/" + "a" * 5000, "https://x.example/" + "a" * 482),
    ],
)
def test_of_an_address_only_the_place_is_kept(url: str, kept: str) -> None:
    assert kept_url(url) == kept
