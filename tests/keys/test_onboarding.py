"""Sign-up makes everything at once or nothing."""

import pytest

from accounts.actors import user_actor
from accounts.models import Application, Membership, Organisation, User
from audit.models import Event, PublishedRecord
from keys import onboarding
from keys.models import Credential
from keys.onboarding import organisation_name, welcome
from plans.models import Plan, Subscription
from tests.factories import make_person, make_plan, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    return make_plan("starter", make_version(), is_default=True)


def test_a_new_person_finds_a_test_key_that_can_only_read(plan: Plan) -> None:
    person = make_person("ada@rowan-clinic.example")
    made = welcome(person, actor=user_actor(person))
    assert made.key is not None
    credential = made.key.credential
    assert (credential.environment, credential.scopes, credential.created_by) == ("test", ["books:read"], person)
    assert made.organisation.name == "Rowan Clinic"
    assert made.application.subscriptions.get().plan == plan
    assert made.organisation.memberships.get().role == "owner"


def test_where_the_last_step_fails_nothing_was_made(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_values: object) -> None:
        raise RuntimeError("no key today")

    person = make_person("ada@rowan.example")
    events, records = Event.objects.count(), PublishedRecord.objects.count()
    monkeypatch.setattr(onboarding, "create_key", fail)
    with pytest.raises(RuntimeError):
        welcome(person, actor=user_actor(person))
    tables = (Organisation, Membership, Application, Subscription, Credential)
    assert [table.objects.count() for table in tables] == [0] * len(tables)
    assert (Event.objects.count(), PublishedRecord.objects.count()) == (events, records)


def test_two_people_of_one_address_share_nothing(plan: Plan) -> None:
    made = []
    for _ in range(2):
        person = User.objects.create_user("ada@rowan.example")
        made.append(welcome(person, actor=user_actor(person)))
    first, second = made
    assert first.organisation != second.organisation
    assert first.key is not None
    assert second.key is not None
    assert first.key.secret != second.key.secret
    assert Membership.objects.filter(organisation=first.organisation).count() == 1


def test_without_a_plan_for_newcomers_there_is_an_application_but_no_key() -> None:
    person = make_person("ada@rowan.example")
    made = welcome(person, actor=user_actor(person))
    assert made.key is None
    assert made.application.organisation == made.organisation


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("ada@rowan-clinic.example", "Rowan Clinic"),
        ("ada.lovelace@gmail.com", "Ada.Lovelace"),
        ("x@" + "y" * 63 + ".example", "Y" + "y" * 62),
        ("@", "My organisation"),
    ],
)
def test_the_organisation_is_named_after_the_address(email: str, name: str) -> None:
    assert organisation_name(email) == name
