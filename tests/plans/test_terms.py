"""Terms of a plan: what names their version, who accepted them, and what is asked again."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Application, User
from audit.models import Event
from catalog.models import Version
from keys.onboarding import welcome
from plans.files import set_plan_from_text
from plans.models import MOST_TERMS, Plan, TermsAcceptance
from plans.self_service import choose_plan
from plans.terms import accept_terms, has_accepted, waiting_terms
from plans.writes import set_plan, set_subscription_status, subscribe
from tests.factories import ACTOR, make_application, make_organisation, make_person, make_plan, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> Version:
    return make_version()


@pytest.fixture
def pro(version: Version) -> Plan:
    return make_plan("pro", version, terms="Be kind.\n\nTell nobody.")


@pytest.fixture
def user() -> User:
    return make_person("owner@bindery.example")


@pytest.fixture
def application(user: User, version: Version) -> Application:
    return make_application(make_organisation(user), make_plan("free", version), version.api)


def choose(application: Application, plan: Plan, user: User, accepted: str = "") -> None:
    choose_plan(application, plan, plan.versions.get().api, actor=ACTOR, user=user, accepted=accepted)


def test_the_same_text_is_the_same_version_from_a_file_and_from_a_browser(pro: Plan) -> None:
    named, changed_at = pro.terms_digest, pro.terms_changed_at
    by_browser = set_plan("pro", actor=ACTOR, terms="Be kind.\r\n\r\nTell nobody.\r\n")
    by_file = set_plan_from_text("plan: pro\nterms: |\n  Be kind.\n\n  Tell nobody.\n", actor=ACTOR)
    assert {by_browser.terms_digest, by_file.terms_digest} == {named}
    assert by_file.terms_changed_at == changed_at
    assert set_plan("pro", actor=ACTOR, terms="Be kinder.").terms_digest != named


def test_terms_that_are_blank_are_none(pro: Plan) -> None:
    assert set_plan("pro", actor=ACTOR, terms=" \r\n ").terms_digest == ""


def test_it_rejects_terms_that_are_too_long(pro: Plan) -> None:
    with pytest.raises(ValidationError, match=f"{MOST_TERMS}"):
        set_plan("pro", actor=ACTOR, terms="x" * (MOST_TERMS + 1))
    pro.refresh_from_db()
    assert pro.terms == "Be kind.\n\nTell nobody."


@pytest.mark.parametrize("accepted", ["", "0" * 64])
def test_a_plan_is_not_chosen_without_its_terms_and_nothing_changes(
    application: Application, pro: Plan, user: User, accepted: str
) -> None:
    events = Event.objects.count()
    with pytest.raises(ValidationError, match="terms of Pro"):
        choose(application, pro, user, accepted)
    assert application.subscriptions.get().plan.slug == "free"
    assert not TermsAcceptance.objects.exists()
    assert Event.objects.count() == events


def test_accepting_is_recorded_with_the_change_and_named_in_its_event(
    application: Application, pro: Plan, user: User
) -> None:
    choose(application, pro, user, pro.terms_digest)
    found = TermsAcceptance.objects.get()
    assert (found.organisation, found.user, found.plan, found.digest) == (
        application.organisation,
        user,
        pro,
        pro.terms_digest,
    )
    chosen = Event.objects.filter(action="subscription.set").latest("id")
    assert chosen.changes["terms"] == [None, f"accepted: {pro.terms_digest}"]
    assert Event.objects.get(action="terms.accepted").organisation == application.organisation.public_id


def test_what_was_accepted_is_not_asked_again_until_it_changes(
    application: Application, pro: Plan, user: User, version: Version
) -> None:
    choose(application, pro, user, pro.terms_digest)
    choose(make_application(application.organisation, Plan.objects.get(slug="free"), version.api, "Other"), pro, user)
    pro = set_plan("pro", actor=ACTOR, terms="Be kinder.")
    with pytest.raises(ValidationError, match="Accept the terms"):
        choose(application, pro, user)
    assert TermsAcceptance.objects.count() == 1


def test_accepting_twice_keeps_the_first_row(application: Application, pro: Plan, user: User) -> None:
    other = make_person("second@bindery.example")
    for each in (user, other):
        accept_terms(application.organisation, pro, pro.terms_digest, user=each, actor=ACTOR)
    assert TermsAcceptance.objects.get().user == user


def test_terms_that_changed_while_they_were_read_are_not_accepted(
    application: Application, pro: Plan, user: User
) -> None:
    set_plan("pro", actor=ACTOR, terms="Be kinder.")
    with pytest.raises(ValidationError, match="Read them again"):
        accept_terms(application.organisation, pro, pro.terms_digest, user=user, actor=ACTOR)
    assert not TermsAcceptance.objects.exists()


def test_nobody_else_accepts_for_an_organisation(application: Application, pro: Plan, version: Version) -> None:
    stranger = make_person("eve@elsewhere.example")
    accept_terms(make_organisation(stranger, "Elsewhere"), pro, pro.terms_digest, user=stranger, actor=ACTOR)
    assert not has_accepted(application.organisation, pro)


def test_what_staff_subscribed_waits_for_each_organisation_once(
    application: Application, pro: Plan, user: User, version: Version
) -> None:
    second = make_application(application.organisation, pro, version.api, "Other")
    subscribe(application, pro, version.api, actor=ACTOR)
    assert Event.objects.latest("id").changes["terms"] == [None, f"not accepted: {pro.terms_digest}"]
    assert [(row.plan, row.is_change) for row in waiting_terms([application, second])] == [(pro, False)]
    accept_terms(application.organisation, pro, pro.terms_digest, user=user, actor=ACTOR)
    assert waiting_terms([application, second]) == []
    set_plan("pro", actor=ACTOR, terms="Be kinder.")
    assert [row.is_change for row in waiting_terms([application, second])] == [True]
    for subscription in (*application.subscriptions.all(), *second.subscriptions.all()):
        set_subscription_status(subscription, "ended", actor=ACTOR)
    assert waiting_terms([application, second]) == []


def test_who_signs_up_accepts_what_the_page_showed(version: Version, user: User) -> None:
    plan = make_plan("starter", version, terms="Be kind.", is_default=True)
    made = welcome(user, actor=ACTOR, accepted=plan.terms_digest)
    assert TermsAcceptance.objects.get().organisation == made.organisation
    assert waiting_terms([made.application]) == []


@pytest.mark.parametrize("accepted", ["", "0" * 64])
def test_who_signs_up_past_the_page_is_asked_later(version: Version, user: User, accepted: str) -> None:
    make_plan("starter", version, terms="Be kind.", is_default=True)
    made = welcome(user, actor=ACTOR, accepted=accepted)
    assert made.key is not None
    assert [row.plan.slug for row in waiting_terms([made.application])] == ["starter"]
