"""`/plans/<plan>/terms/`, the checkbox of a change of plan, and the line at sign-up."""

import pytest
from django.test import Client

from accounts.models import Application, Role
from accounts.writes import add_member
from plans.models import Subscription, TermsAcceptance
from plans.writes import set_plan, subscribe
from tests.cast import sign_in
from tests.factories import ACTOR, make_person, make_plan
from tests.portal.pages.reading import queries, read, words

pytestmark = pytest.mark.django_db
TERMS = "Be **kind**.\n\n<script>alert(1)</script> [away](javascript:alert(1))"
ADDRESS = "/plans/pro/terms/"
PASSWORD = "a long pass phrase 42"


@pytest.fixture
def pro(cast):
    return make_plan("pro", cast.version, terms=TERMS, position=5)


def change(cast, **values):
    values = {"api": "library", "plan": "pro"} | values
    return cast.owner.client.post(f"/apps/{cast.application.public_id}/plan/", values)


def accept(client, application, accepted, plan="pro"):
    return client.post(f"/apps/{application.public_id}/terms/{plan}/", {"accepted": accepted})


def subscribed(cast, pro):
    """As staff would, on somebody's behalf."""
    subscribe(cast.application, pro, cast.version.api, actor=ACTOR)


def test_everybody_reads_the_terms_as_safe_html(client, pro):
    page = read(client, ADDRESS)
    assert "<strong>kind</strong>" in page
    assert "<script>alert(1)" not in page
    assert 'href="javascript:' not in page


def test_terms_of_a_plan_that_one_may_not_see_are_not_found(cast, client, pro):
    set_plan("pro", actor=ACTOR, is_public=False)
    for reader in (client, cast.owner.client):
        read(reader, ADDRESS, status=404)
    assert accept(cast.owner.client, cast.application, pro.terms_digest).status_code == 404
    subscribed(cast, pro)
    read(cast.owner.client, ADDRESS)
    read(cast.stranger.client, ADDRESS, status=404)


@pytest.mark.parametrize("name", ["starter", "nothing", "%3Cb%3E", "x" * 2000])
def test_a_plan_without_terms_has_no_such_page(client, pro, cast, name):
    read(client, f"/plans/{name}/terms/", status=404)


@pytest.mark.parametrize("accepted", ["", "0" * 64, "x" * 10_000, "<script>alert(2)</script>"])
def test_a_plan_is_not_changed_without_the_checkbox(cast, pro, accepted):
    response = change(cast, accepted=accepted)
    assert response.status_code == 422
    assert "nothing is saved" in response.content.decode()
    assert "<script>alert(2)" not in response.content.decode()
    assert Subscription.objects.get(application=cast.application).plan == cast.plan
    assert not TermsAcceptance.objects.exists()


def test_the_checkbox_is_asked_for_once(cast, pro):
    assert "I accept the terms of Pro" in words(read(cast.owner.client, "/plans/"))
    assert change(cast, accepted=pro.terms_digest).status_code == 303
    assert TermsAcceptance.objects.get().user == cast.owner.user
    assert change(cast, plan="starter").status_code == 303
    page = words(read(cast.owner.client, "/plans/"))
    assert "I accept" not in page
    assert "Terms of Pro , accepted" in page
    assert change(cast).status_code == 303


def test_terms_that_wait_stand_at_home_and_on_the_application_until_accepted(cast, pro):
    subscribed(cast, pro)
    pages = ("/", f"/apps/{cast.application.public_id}/")
    for page in pages:
        assert "The terms of Pro wait to be accepted" in words(read(cast.owner.client, page))
    assert "Accept for Bindery" in read(cast.owner.client, ADDRESS)
    assert accept(cast.owner.client, cast.application, pro.terms_digest).status_code == 303
    for page in pages:
        assert "The terms of Pro" not in read(cast.owner.client, page).partition("<main")[2].partition("attention")[2]
    page = words(read(cast.owner.client, ADDRESS))
    assert "Accepted for Bindery by owner@bindery.example" in page
    set_plan("pro", actor=ACTOR, terms="Be kinder.")
    assert "The terms of Pro changed on" in words(read(cast.owner.client, "/"))


def test_what_was_accepted_by_others_is_not_told(cast, pro):
    subscribed(cast, pro)
    accept(cast.owner.client, cast.application, pro.terms_digest)
    assert "Bindery" not in read(cast.stranger.client, ADDRESS)


@pytest.mark.parametrize("accepted", ["", "0" * 64])
def test_other_terms_than_those_shown_are_not_accepted(cast, pro, accepted):
    response = accept(cast.owner.client, cast.application, accepted)
    assert response.status_code == 422
    assert "Nothing is accepted." in response.content.decode()
    assert not TermsAcceptance.objects.exists()


@pytest.mark.parametrize(("role", "status"), [(Role.DEVELOPER, 303), (Role.BILLING, 403), (Role.VIEWER, 403)])
def test_owners_and_developers_accept(cast, pro, role, status):
    subscribed(cast, pro)
    person = make_person(f"{role}@bindery.example")
    add_member(cast.organisation, person, role, actor=ACTOR)
    client = sign_in(person).client
    assert ("Accept for Bindery" in read(client, ADDRESS)) is (status == 303)
    assert accept(client, cast.application, pro.terms_digest).status_code == status
    assert TermsAcceptance.objects.exists() is (status == 303)


def test_a_stranger_accepts_nothing(cast, pro, client):
    assert accept(cast.stranger.client, cast.application, pro.terms_digest).status_code == 404
    assert accept(client, cast.application, pro.terms_digest)["Location"].startswith("/login/")
    assert not TermsAcceptance.objects.exists()


def test_the_sign_up_page_names_the_terms_and_signing_up_accepts_them(cast):
    assert "By signing up" not in read(Client(), "/signup/")
    plan = set_plan("starter", actor=ACTOR, terms="Be kind.", is_public=False)
    page = read(Client(), "/signup/")
    assert 'href="/plans/starter/terms/"' in page
    assert f'name="accepted" value="{plan.terms_digest}"' in page
    read(Client(), "/plans/starter/terms/")
    new = {"email": "amina@harbour.example", "password1": PASSWORD, "accepted": plan.terms_digest}
    assert Client().post("/signup/", new).status_code == 303
    application = Application.objects.get(organisation__memberships__user__email=new["email"])
    assert TermsAcceptance.objects.get().organisation == application.organisation


def test_the_page_costs_few_queries_whatever_the_data(cast, pro):
    for number in range(5):
        make_plan(f"plan{number}", cast.version, terms=f"Terms {number}")
    subscribed(cast, pro)
    assert queries(cast.owner.client, ADDRESS) <= 12
    assert queries(cast.owner.client, "/plans/") <= 12
    assert queries(cast.owner.client, f"/apps/{cast.application.public_id}/") <= 12
    assert queries(cast.owner.client, "/") <= 12
