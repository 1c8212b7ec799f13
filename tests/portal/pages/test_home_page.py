"""`/`: for strangers what there is, for people signed in what needs attention."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Operation
from contract.key_format import SCANNER_REGEX
from keys.models import Credential
from tests.factories import make_application, make_client, make_consent, make_key, make_organisation, make_person
from tests.portal.pages.calling import make_calls
from tests.portal.pages.library import HOSTILE, make_free, make_pro, retire
from tests.portal.pages.reading import queries, read, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(version):
    make_pro(version)
    return make_free(version)


@pytest.fixture
def person(plan, version):
    user = make_person("ada@bindery.example", name="Ada Quill")
    client = Client()
    client.force_login(user)
    client.organisation = make_organisation(user)
    client.application = make_application(client.organisation, plan, version.api)
    return client


def test_a_stranger_reads_a_curl_the_catalogue_and_the_plans(client, plan):
    page = read(client, "/")
    assert "curl -H" in page
    assert "http://localhost:8080/library/v2/readers?limit=3" in page
    assert 'href="/signup/"' in page
    assert "Library" in words(page)
    assert "Free yours when you sign up €0 a month 60 calls a minute" in words(page)


def test_the_first_call_is_one_that_the_default_plan_allows(client, plan):
    Operation.objects.filter(anchor="list-readers").update(scope="readers:secret")
    assert "curl" not in words(read(client, "/"))


def test_without_trouble_nothing_needs_attention(person):
    page = words(read(person, "/"))
    assert "Needs attention Nothing" in page
    assert "Hello, Ada" in page
    assert "Make its first call" in page


def test_a_person_without_applications_is_told_what_to_do(client, plan):
    user = make_person("new@bindery.example")
    make_organisation(user)
    client.force_login(user)
    assert "No application yet" in read(client, "/")


def test_a_person_without_an_organisation_finds_what_acts_for_them(client, plan, version):
    application = make_application(make_organisation(make_person("owner@bindery.example")), plan, version.api)
    user = make_person("patient@home.example")
    make_consent(user, make_client(application, "Ward calendar"), version.api.slug)
    client.force_login(user)
    page = read(client, "/")
    assert "Ward calendar" in words(page)
    assert 'href="/account/consents/"' in page
    assert 'href="/apps/"' not in page


def test_keys_that_expire_soon_or_have_just_expired_are_named(person):
    key = make_key(person.application, "Production", expires_at=timezone.now() + timedelta(days=3)).credential
    later = make_key(person.application, "Later", expires_at=timezone.now() + timedelta(days=60)).credential
    assert "Production of Reader expires on" in words(read(person, "/"))
    Credential.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    page = words(read(person, "/"))
    assert "Critical: Production of Reader has expired" in page
    assert later.name not in page


def test_calls_to_a_version_that_ends_are_named_with_count_and_date(person, version):
    retire(version, "deprecated", sunset_at=timezone.now() + timedelta(days=20))
    operation = Operation.objects.get(version=version, anchor="list-readers")
    make_calls(person.application, operation, 3)
    make_calls(person.application, operation, 1, at=timezone.now() - timedelta(days=8))
    page = read(person, "/")
    assert "Library v2 answers no more from" in words(page)
    assert "3 calls of Reader in 7 days." in words(page)
    assert f"/logs/?version={version.public_id}&amp;range=7d" in page


def test_calls_refused_today_are_counted_with_their_most_frequent_cause(person):
    operation = Operation.objects.get(anchor="list-readers")
    make_calls(person.application, operation, 2, outcome="refused", status=429, problem="rate-limited")
    make_calls(person.application, operation, 1, outcome="refused", status=403, problem="insufficient-scope")
    page = words(read(person, "/"))
    assert "3 calls of Reader refused today Mostly: too many calls (429)." in page


def test_nobody_elses_trouble_is_shown(person, plan, version):
    other = make_application(make_organisation(make_person("eve@elsewhere.example"), "Elsewhere"), plan, version.api)
    make_key(other, "Theirs", expires_at=timezone.now() + timedelta(days=3))
    operation = Operation.objects.get(version=version, anchor="list-readers")
    make_calls(other, operation, 3, outcome="refused", status=429, problem="rate-limited")
    assert "Needs attention Nothing" in words(read(person, "/"))


def test_a_day_of_calls_is_drawn_and_said(person):
    make_calls(person.application, Operation.objects.get(anchor="list-readers"), 4)
    page = read(person, "/")
    assert 'aria-label="Reader: 4 calls in 24 hours, 4 in the busiest hour"' in page
    assert page.count("<rect") == 1


def test_names_are_escaped(person):
    person.application.name = HOSTILE
    person.application.save()
    make_calls(person.application, Operation.objects.get(anchor="list-readers"), 1)
    assert HOSTILE not in read(person, "/")


def test_no_page_shows_a_whole_key(person):
    import re

    make_key(person.application)
    assert not re.search(SCANNER_REGEX, read(person, "/"))


def test_the_page_costs_few_queries_whatever_the_data(person, plan, version):
    retire(version, "deprecated")
    operation = Operation.objects.get(version=version, anchor="list-readers")
    for number in range(8):
        application = make_application(person.organisation, plan, version.api, f"Application {number}")
        make_key(application, expires_at=timezone.now() + timedelta(days=1))
        make_calls(application, operation, 3, outcome="refused", status=429, problem="rate-limited")
    assert queries(person, "/") <= 12
    assert queries(Client(), "/") <= 12
