"""`/apps/` and the pages of one application."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Application, Role
from accounts.writes import add_member
from audit.valkey import valkey
from catalog.models import Operation
from contract.settings import settings
from contract.valkey_keys import counter, slot_of
from contract.windows import window_at
from plans.models import Subscription
from plans.writes import set_limits
from tests.factories import ACTOR, make_key, make_organisation, make_person
from tests.portal.pages.calling import make_calls
from tests.portal.pages.reading import queries, read, title, words

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"


def operation():
    return Operation.objects.get(anchor="list-books")


def overview(cast):
    return f"/apps/{cast.application.public_id}/"


def test_the_list_shows_ones_own_applications_and_nobody_elses(cast):
    page = words(read(cast.owner.client, "/apps/"))
    assert "Reader" in page
    assert "Theirs" not in page


def test_an_empty_list_teaches(cast):
    newcomer = make_person("newcomer@bindery.example")
    client = Client()
    client.force_login(newcomer)
    assert "Begin an organisation" in words(read(client, "/apps/"))


def test_a_new_application_can_call_at_once(cast):
    response = cast.owner.client.post("/apps/new/", {"name": "Reminders"})
    made = Application.objects.get(name="Reminders")
    assert (response.status_code, response.headers["Location"]) == (303, f"/apps/{made.public_id}/")
    assert [held.plan for held in made.subscriptions.all()] == [cast.plan]
    assert made.organisation == cast.organisation


def test_who_belongs_to_several_organisations_chooses_among_those_that_let_them(cast):
    second, closed = make_organisation(cast.owner.user, "Second"), make_organisation(cast.stranger.user, "Closed")
    add_member(closed, cast.owner.user, Role.VIEWER, actor=ACTOR)
    page = read(cast.owner.client, "/apps/new/")
    assert ("Bindery" in page, "Second" in page, "Closed" in page) == (True, True, False)
    for wrong in ("", closed.public_id, "org_none"):
        response = cast.owner.client.post("/apps/new/", {"name": "Reminders", "organisation": wrong})
        assert response.status_code == 422
    given = {"name": "Reminders", "organisation": second.public_id}
    assert cast.owner.client.post("/apps/new/", given).status_code == 303
    assert Application.objects.get(name="Reminders").organisation == second


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "a\x00b"])
def test_a_name_that_is_none_is_422_and_makes_nothing(cast, name):
    before = Application.objects.count()
    response = cast.owner.client.post("/apps/new/", {"name": name})
    assert response.status_code == 422
    assert b'data-focus="yes"' in response.content
    assert Application.objects.count() == before


def test_a_hostile_name_stays_text_on_every_page(cast):
    cast.owner.client.post("/apps/new/", {"name": HOSTILE})
    made = Application.objects.get(name=HOSTILE)
    for address in ("/apps/", f"/apps/{made.public_id}/", f"/apps/{made.public_id}/settings/", "/start/"):
        assert HOSTILE not in read(cast.owner.client, address)


def test_only_some_roles_change_an_application_and_the_refusal_names_them(cast):
    name = cast.application.public_id
    for address in ("/apps/new/", f"/apps/{name}/settings/"):
        response = cast.teammate.client.post(address, {"name": "Mine"})
        assert response.status_code == 403
        assert b"Owner or Developer" in response.content
    response = cast.teammate.client.post(f"/apps/{name}/remove/")
    assert response.status_code == 403
    assert Application.objects.get(pk=cast.application.pk).status == "active"


def test_a_developer_renames_but_does_not_remove(cast):
    developer = make_person("dev@bindery.example")
    add_member(cast.organisation, developer, Role.DEVELOPER, actor=ACTOR)
    client = Client()
    client.force_login(developer)
    name = cast.application.public_id
    assert client.post(f"/apps/{name}/settings/", {"name": "Renamed"}).status_code == 303
    assert Application.objects.get(pk=cast.application.pk).name == "Renamed"
    assert client.get(f"/apps/{name}/remove/").status_code == 403


def test_removing_asks_first_and_then_the_application_is_gone_from_every_page(cast):
    address = f"/apps/{cast.application.public_id}/remove/"
    assert "cannot be undone" in words(read(cast.owner.client, address))
    assert cast.owner.client.post(address).status_code == 303
    assert Application.objects.get(pk=cast.application.pk).status == "removed"
    assert cast.owner.client.get(overview(cast)).status_code == 404
    assert "Reader" not in words(read(cast.owner.client, "/apps/")).replace("Reader is removed", "")


@pytest.mark.parametrize("part", ["", "keys/", "keys/new/", "logs/", "settings/", "remove/", "logs/calls.csv"])
def test_a_stranger_finds_nothing_under_an_application(cast, part):
    address = overview(cast) + part
    assert cast.stranger.client.get(address).status_code == 404
    assert cast.stranger.client.post(address, {"name": "x"}).status_code in (404, 405)
    assert cast.owner.client.get(f"/apps/app_unknown/{part}").status_code == 404


def test_an_overview_without_calls_teaches(cast):
    page = words(read(cast.owner.client, overview(cast)))
    assert "No call yet" in page
    assert "Needs attention Nothing now." in page
    assert "None in 7 days." in page


def test_an_overview_counts_the_day_and_shows_the_last_ten_calls(cast):
    make_calls(cast.application, operation(), 9, credential=cast.key.credential.public_id)
    make_calls(cast.application, operation(), 3, outcome="refused", status=429, problem="rate-limited")
    page = words(read(cast.owner.client, overview(cast)))
    assert "Calls 12" in page
    assert "Answered 9 75.0 %" in page
    assert "Refused 3 25.0 %" in page
    assert page.count("429 Too many") + page.count("200 OK") == 10
    assert f"…{cast.key.secret[-4:]}" in page
    assert "Library v1 Live 12" in page


def test_a_quota_is_read_from_where_the_gateways_count_it(cast):
    set_limits(cast.plan, [{"name": "day", "kind": "quota", "amount": 100, "window": "day"}], actor=ACTOR)
    spend(cast, 81)
    page = words(read(cast.owner.client, overview(cast)))
    assert "81 of 100 calls 19 left" in page
    assert "The quota of Starter ends soon" in page
    spend(cast, 100)
    assert "Used up: calls are refused with 429" in words(read(cast.owner.client, overview(cast)))


def spend(cast, calls):
    held = Subscription.objects.get(application=cast.application)
    window = window_at("day", round(timezone.now().timestamp() * 1000))
    key = counter(slot_of(cast.organisation.pk), f"{held.public_id}:test", "day")
    valkey().set(f"{key}:{window.start_ms}", calls)


def test_an_overview_without_valkey_says_so_and_shows_the_rest(cast, monkeypatch):
    set_limits(cast.plan, [{"name": "day", "kind": "quota", "amount": 100, "window": "day"}], actor=ACTOR)
    make_calls(cast.application, operation())
    monkeypatch.setattr(settings(), "redis_url", "unix:///nowhere/valkey.sock")
    page = words(read(cast.owner.client, overview(cast)))
    assert "The counters cannot be read just now" in page
    assert "Calls 1" in page


def test_the_overview_makes_the_same_few_queries_whatever_the_data(cast):
    make_calls(cast.application, operation())
    make_key(cast.application)
    few = queries(cast.owner.client, overview(cast))
    make_calls(cast.application, operation(), 300)
    for number in range(30):
        make_key(cast.application, f"Key {number}")
    assert queries(cast.owner.client, overview(cast)) == few <= 12


def test_every_page_of_an_application_has_a_title_of_its_own(cast):
    parts = ("", "keys/", "keys/new/", "logs/", "settings/", "remove/")
    titles = {title(read(cast.owner.client, overview(cast) + part)) for part in parts}
    assert len(titles) == len(parts)
