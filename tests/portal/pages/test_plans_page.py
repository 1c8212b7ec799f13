"""`/plans/`: the comparison, and who may change an application's plan to what."""

import pytest
from django.test import Client

from accounts.models import Role
from accounts.writes import add_member
from audit.models import Event
from plans.models import Plan, Subscription
from plans.writes import set_plan, set_subscription_status
from tests.factories import ACTOR, make_application, make_organisation, make_person, make_plan
from tests.portal.pages.library import HOSTILE, make_readers_version
from tests.portal.pages.reading import queries, read, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(plans, version):
    return person_in(make_organisation(make_person("ada@bindery.example")), plans, version)


def person_in(organisation, plans, version):
    """A browser of the organisation's owner; `.application` is on Free."""
    client = Client()
    client.force_login(organisation.memberships.first().user)
    client.organisation = organisation
    client.application = make_application(organisation, plans[0], version.api)
    return client


def member(organisation, role):
    person = make_person(f"{role}@bindery.example")
    add_member(organisation, person, role, actor=ACTOR)
    client = Client()
    client.force_login(person)
    return client


def change(client, application, **values):
    values = {"api": "library", "plan": "pro"} | values
    return client.post(f"/apps/{application.public_id}/plan/", values)


def plan_of(application) -> str:
    return Subscription.objects.get(application=application).plan.slug


def test_plans_stand_side_by_side_in_words(client, plans):
    page = words(read(client, "/plans/"))
    assert "Free At sign-up €0 a month Pro €49.00 a month" in page
    assert "Calls a minute 60 no limit" in page
    assert "readers:write no yes" in page
    assert "email masked visible" in page
    assert "address.street removed visible" in page
    assert "phone last 4 last 4" in page
    assert "joined only the year visible" in page


def test_a_private_plan_is_not_offered(client, version, plans):
    make_plan("secret", version, name="Secret deal", is_public=False, position=9)
    assert "Secret deal" not in read(client, "/plans/")


def test_mine_is_marked_and_each_change_says_what_it_brings_and_takes(owner, plans):
    page = words(read(owner, "/plans/"))
    assert "Free Yours" in page
    assert "Change to Pro Shows 3 more fields. Adds readers:write." in page
    change(owner, owner.application)
    page = words(read(owner, "/plans/"))
    assert "Change to Free Masks 3 fields that you read now. Takes away readers:write" in page


def test_the_page_says_plainly_that_nothing_is_charged_yet(owner, client, plans):
    assert "Nothing is charged yet." in read(owner, "/plans/")
    set_plan("pro", actor=ACTOR, price_cents=0)
    assert "Nothing is charged yet." not in read(client, "/plans/")


def test_changing_plan_takes_effect_and_says_so(owner):
    response = change(owner, owner.application)
    assert response.status_code == 303
    assert response.headers["Location"] == f"/plans/?api=library&app={owner.application.public_id}"
    assert plan_of(owner.application) == "pro"
    assert "Reader is on Pro for Library" in read(owner, response.headers["Location"])
    assert Event.objects.filter(action="subscription.set", actor_kind="user").count() == 1


def test_changing_twice_to_the_same_plan_keeps_one_subscription(owner):
    assert [change(owner, owner.application).status_code for _ in range(2)] == [303, 303]
    assert Subscription.objects.filter(application=owner.application).count() == 1


def test_a_developer_may_change_plan(owner):
    assert change(member(owner.organisation, Role.DEVELOPER), owner.application).status_code == 303


@pytest.mark.parametrize("role", [Role.VIEWER, Role.BILLING])
def test_other_roles_are_told_who_may(owner, role):
    client = member(owner.organisation, role)
    response = change(client, owner.application)
    assert response.status_code == 403
    assert "Owner or Developer" in response.content.decode()
    assert plan_of(owner.application) == "free"
    assert "An Owner or Developer of Bindery can change to it." in words(read(client, "/plans/"))


def test_a_stranger_finds_nothing(owner, plans, version):
    stranger = person_in(make_organisation(make_person("eve@elsewhere.example"), "Elsewhere"), plans, version)
    assert change(stranger, owner.application).status_code == 404
    read(stranger, f"/plans/?app={owner.application.public_id}", status=404)
    assert plan_of(owner.application) == "free"


def test_who_is_not_signed_in_is_asked_to(client, owner):
    response = change(client, owner.application)
    assert response.headers["Location"].startswith("/login/")
    assert plan_of(owner.application) == "free"


@pytest.mark.parametrize(
    "values",
    [
        {"plan": ""},
        {"plan": "secret"},
        {"plan": "archive"},
        {"plan": HOSTILE},
        {"plan": "\x00"},
        {"plan": "x" * 10_000},
        {"api": ""},
        {"api": "nothing"},
        {"api": "\x00"},
    ],
)
def test_a_plan_that_is_not_offered_is_refused_and_nothing_changes(owner, version, values):
    make_plan("secret", version, is_public=False)
    make_plan("archive", make_readers_version("archive"))
    response = change(owner, owner.application, **values)
    assert response.status_code == 422
    page = response.content.decode()
    assert "nothing is saved" in page
    assert HOSTILE not in page
    assert plan_of(owner.application) == "free"


def test_a_suspended_subscription_is_not_lifted_by_changing_plan(owner):
    subscription = Subscription.objects.get(application=owner.application)
    set_subscription_status(subscription, "suspended", actor=ACTOR)
    response = change(owner, owner.application)
    assert response.status_code == 422
    subscription.refresh_from_db()
    assert (subscription.status, subscription.plan.slug) == ("suspended", "free")
    assert "This subscription is suspended." in read(owner, "/plans/")


def test_looking_at_the_address_of_the_change_changes_nothing(owner):
    assert owner.get(f"/apps/{owner.application.public_id}/plan/").status_code == 405


@pytest.mark.parametrize("address", ["/plans/?api=nothing", "/plans/?api=%00"])
def test_an_unknown_api_is_not_found(client, plans, address):
    read(client, address, status=404)


def test_a_name_given_by_a_person_is_escaped(owner, plans):
    owner.application.name = HOSTILE
    owner.application.save()
    Plan.objects.filter(slug="pro").update(name=HOSTILE)
    page = read(owner, "/plans/")
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_costs_few_queries_whatever_the_data(owner, plans, version):
    for number in range(5):
        make_plan(f"plan{number}", version, masks=[{"path": f"$.field{number}", "action": "redact"}])
        make_application(owner.organisation, plans[0], version.api, f"Application {number}")
    assert queries(owner, "/plans/") <= 12
