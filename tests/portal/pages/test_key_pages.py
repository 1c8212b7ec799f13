"""Making, naming and revoking keys on pages."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from contract.key_format import SCANNER_REGEX
from keys.models import Credential, Status
from keys.writes import revoke_key
from plans.writes import set_masks, set_plan
from tests.factories import ACTOR, make_key, make_plan
from tests.portal.pages.calling import make_calls
from tests.portal.pages.reading import queries, read, words
from tests.portal.pages.test_app_pages import HOSTILE, operation

pytestmark = pytest.mark.django_db
GOOD = {"name": "Nightly job", "environment": "test", "expires_days": "30", "networks": "", "access-books": "read"}


@pytest.fixture
def keys_url(cast):
    return f"/apps/{cast.application.public_id}/keys/"


def make(cast, keys_url, **values):
    return cast.owner.client.post(keys_url + "new/", GOOD | values)


def newest():
    return Credential.objects.latest("pk")


def test_a_key_is_made_as_chosen_and_its_secret_shown_once(cast, keys_url):
    response = make(cast, keys_url, networks="203.0.113.7\n 2001:db8::/32 ", **{"access-books": "write"})
    made = newest()
    assert (response.status_code, response.headers["Location"]) == (303, f"/keys/{made.public_id}/created/")
    assert made.scopes == ["books:read", "books:write"]
    assert made.networks == ["203.0.113.7/32", "2001:db8::/32"]
    assert made.created_by == cast.owner.user
    assert timedelta(days=29) < made.expires_at - timezone.now() < timedelta(days=31)
    first = cast.owner.client.get(response.headers["Location"])
    assert "no-store" in first.headers["Cache-Control"]
    assert re.search(SCANNER_REGEX, first.content.decode())[0].endswith(made.secrets.get().last4)
    second = read(cast.owner.client, response.headers["Location"])
    assert not re.search(SCANNER_REGEX, second)
    assert "shown once and is gone" in words(second)


def test_the_secret_is_shown_to_whoever_made_the_key_only(cast, keys_url):
    address = make(cast, keys_url).headers["Location"]
    assert cast.teammate.client.get(address).status_code == 403
    assert cast.stranger.client.get(address).status_code == 404
    assert re.search(SCANNER_REGEX, read(cast.owner.client, address))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 121},
        {"name": "a\x00"},
        {"environment": "production"},
        {"environment": ""},
        {"expires_days": "0"},
        {"expires_days": "-1"},
        {"expires_days": "3650"},
        {"expires_days": "soon"},
        {"networks": "everywhere"},
        {"networks": "10.0.0.1/8"},
        {"networks": "\n".join(["203.0.113.7"] * 51)},
        {"networks": "1" * 5000},
        {"networks": "203.0.113.7\x00"},
        {"access-books": "admin"},
        {"access-books": ""},
        {"access-books": "", "access-patients": "write"},
    ],
)
def test_wrong_input_is_422_keeps_what_was_typed_and_makes_nothing(cast, keys_url, wrong):
    before = Credential.objects.count()
    response = make(cast, keys_url, **wrong)
    assert response.status_code == 422
    assert b'data-focus="yes"' in response.content
    if "name" not in wrong:
        assert b'value="Nightly job"' in response.content
    assert Credential.objects.count() == before


def test_a_scope_that_left_the_plan_meanwhile_is_refused(cast, keys_url, monkeypatch):
    from keys import writes

    monkeypatch.setattr(writes, "scopes_within_plans", lambda _application: set())
    response = make(cast, keys_url)
    assert response.status_code == 422
    assert "The plan has no scope" in words(response.content.decode())


def test_a_live_key_needs_a_confirmed_address(cast, keys_url):
    EmailAddress.objects.update(verified=False)
    response = make(cast, keys_url, environment="live")
    assert response.status_code == 422
    assert "needs a confirmed e-mail address" in words(response.content.decode())
    EmailAddress.objects.update(verified=True)
    assert make(cast, keys_url, environment="live").status_code == 303
    assert newest().environment == "live"


def test_the_panel_lists_what_the_choices_could_call(cast, keys_url):
    page = words(read(cast.owner.client, keys_url + "new/?access-books=read"))
    assert "What this key could call 2 of 3" in page
    assert "may not: POST /library/v1/ books needs books:write" in page


def test_the_panel_counts_the_fields_that_the_plan_masks(cast, keys_url):
    cast.version.refresh_from_db(fields=["document"])
    cast.version.document["paths"]["/books"]["get"]["responses"]["200"] = {
        "description": "Books",
        "content": {"application/json": {"schema": {"properties": {"isbn": {}, "title": {}, "price": {}}}}},
    }
    cast.version.save(update_fields=["document"])
    set_masks(cast.plan, [{"path": "$.isbn", "action": "redact"}, {"path": "$.price", "action": "remove"}], actor=ACTOR)
    assert "may: GET /library/v1/ books 2 masked" in words(read(cast.owner.client, keys_url + "new/?access-books=read"))


def test_an_operation_beyond_the_plan_names_the_plan_that_has_it(cast, keys_url):
    set_plan("starter", actor=ACTOR, scopes=["books:read"])
    make_plan("pro", cast.version, position=2)
    page = words(read(cast.owner.client, keys_url + "new/"))
    assert "needs books:write , from Pro" in page


def test_scopes_in_the_address_are_chosen_and_those_outside_the_plan_explained(cast, keys_url):
    set_plan("starter", actor=ACTOR, scopes=["books:read"])
    make_plan("pro", cast.version, position=2, scopes=["books:write"])
    page = read(cast.owner.client, keys_url + "new/?scopes=books:read+books:write,other:read&environment=live")
    assert re.search(r'name="access-books" value="read"[^>]* checked', page)
    assert re.search(r'name="environment" value="live"[^>]* checked', page)
    assert "books:write is not in your plan; Pro has it" in words(page)
    assert "No plan open to you has the scope other:read" in words(page)


def test_a_wild_address_is_only_a_form(cast, keys_url):
    wild = f"new/?scopes={'x' * 3000}+{HOSTILE}&access-books={HOSTILE}&access-=1&others=a&expires_days=x&name=%00"
    page = read(cast.owner.client, keys_url + wild)
    assert HOSTILE not in page


def test_without_javascript_the_form_shows_the_panel_and_makes_nothing(cast, keys_url):
    before = Credential.objects.count()
    response = make(cast, keys_url, show="yes")
    assert response.status_code == 200
    assert "2 of 3" in words(response.content.decode())
    assert 'value="Nightly job"' in response.content.decode()
    assert Credential.objects.count() == before


def test_the_list_names_each_key_by_its_stub_and_says_when_it_called(cast, keys_url):
    make_calls(cast.application, operation(), credential=cast.key.credential.public_id)
    revoked = make_key(cast.application, "Old one")
    revoke_key(revoked.credential, actor=ACTOR)
    Credential.objects.filter(pk=make_key(cast.application, "Ended").credential.pk).update(expires_at=timezone.now())
    page = words(read(cast.owner.client, keys_url))
    assert f"{cast.key.secret[:12]}…{cast.key.secret[-4:]} active" in page
    assert "0 s ago" in page
    assert "expired" in page
    assert page.rindex("Old one") > page.index("Ended")
    assert not re.search(SCANNER_REGEX, page)


def test_an_application_without_keys_is_taught_to_make_one(cast, keys_url):
    cast.key.credential.secrets.all().delete()
    Credential.objects.filter(application=cast.application).delete()
    assert "No key yet" in words(read(cast.owner.client, keys_url))


def test_revoking_asks_first_and_is_final(cast):
    address = f"/keys/{cast.key.credential.public_id}/revoke/"
    assert "Last call: never" in words(read(cast.owner.client, address))
    assert Credential.objects.get(pk=cast.key.credential.pk).status == Status.ACTIVE
    assert cast.owner.client.post(address).status_code == 303
    assert Credential.objects.get(pk=cast.key.credential.pk).status == Status.REVOKED
    assert cast.owner.client.post(address).status_code == 303
    assert "It is revoked already" in words(read(cast.owner.client, address))


def test_renaming_changes_the_name_only(cast):
    address = f"/keys/{cast.key.credential.public_id}/rename/"
    assert cast.owner.client.post(address, {"name": HOSTILE}).status_code == 303
    assert Credential.objects.get(pk=cast.key.credential.pk).name == HOSTILE
    assert HOSTILE not in read(cast.owner.client, f"/apps/{cast.application.public_id}/keys/")
    for name in ("", "x" * 121, "\x00"):
        assert cast.owner.client.post(address, {"name": name}).status_code == 422


@pytest.mark.parametrize("act", ["created", "rename", "revoke"])
def test_who_may_not_manage_keys_gets_403_and_a_stranger_404(cast, act):
    address = f"/keys/{cast.key.credential.public_id}/{act}/"
    for method in ("get", "post"):
        assert getattr(cast.teammate.client, method)(address).status_code in (403, 405)
        assert getattr(cast.stranger.client, method)(address).status_code in (404, 405)
    assert cast.owner.client.get(f"/keys/key_unknown/{act}/").status_code == 404
    assert Credential.objects.get(pk=cast.key.credential.pk).status == Status.ACTIVE


def test_the_pages_of_keys_make_few_queries_whatever_the_data(cast, keys_url):
    few = {part: queries(cast.owner.client, keys_url + part) for part in ("", "new/?access-books=write")}
    for number in range(40):
        make_key(cast.application, f"Key {number}")
    make_calls(cast.application, operation(), 200, credential=cast.key.credential.public_id)
    for part, number in few.items():
        assert queries(cast.owner.client, keys_url + part) == number <= 12
