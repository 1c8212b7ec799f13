"""The frame of a write: one transaction, an audit event, versions that move once."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Application, Organisation
from accounts.writes import create_application, create_organisation, rename_application
from audit.actors import SYSTEM
from audit.models import Event, PublishedRecord
from audit.writing import Conflict, NothingRecorded, is_writing, record_event, write
from tests.factories import ACTOR, make_organisation, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation(make_person("owner@bindery.example"))


def version_of(kind: str, record_id: str) -> int:
    return PublishedRecord.objects.get(kind=kind, record_id=record_id).version


def test_a_write_without_an_event_is_rolled_back(organisation: Organisation) -> None:
    @write
    def forgetful() -> None:
        Application.objects.create(organisation=organisation, name="unseen")

    with pytest.raises(NothingRecorded, match="forgetful"):
        forgetful()
    assert not Application.objects.exists()


def test_an_inner_write_must_record_for_itself(organisation: Organisation) -> None:
    @write
    def silent() -> None:
        organisation.refresh_from_db()

    @write
    def outer() -> None:
        create_application(organisation, "A", actor=SYSTEM)
        silent()

    with pytest.raises(NothingRecorded, match="silent"):
        outer()
    assert not Application.objects.exists()


def test_an_event_outside_a_write_is_a_mistake(organisation: Organisation) -> None:
    with pytest.raises(RuntimeError, match="outside a write"):
        record_event(SYSTEM, "organisation.seen", organisation)
    assert not is_writing()


def test_an_inner_write_that_fails_and_is_caught_leaves_no_event(organisation: Organisation) -> None:
    @write
    def failing() -> None:
        create_application(organisation, "B", actor=SYSTEM)
        raise ValueError

    @write
    def outer() -> None:
        create_application(organisation, "A", actor=SYSTEM)
        with pytest.raises(ValueError):
            failing()

    outer()
    assert [application.name for application in Application.objects.all()] == ["A"]
    assert Event.objects.filter(action="application.created").count() == 1


def test_a_record_touched_twice_in_one_write_moves_once(organisation: Organisation) -> None:
    application = create_application(organisation, "A", actor=SYSTEM)
    before = version_of("application", application.public_id)

    @write
    def outer() -> None:
        rename_application(application, "B", actor=SYSTEM)
        rename_application(application, "C", actor=SYSTEM)

    outer()
    assert version_of("application", application.public_id) == before + 1
    newest = Event.objects.filter(action="application.renamed")
    assert [event.records for event in newest] == [[[f"application:{application.public_id}", before + 1]]] * 2


def test_a_broken_unique_constraint_is_a_conflict_and_changes_nothing(organisation: Organisation) -> None:
    person = organisation.memberships.get().user
    before = Event.objects.count()

    @write
    def twice() -> None:
        create_organisation("New", person, actor=ACTOR)
        organisation.memberships.create(user=person, role="viewer")

    with pytest.raises(Conflict) as caught:
        twice()
    assert isinstance(caught.value.__cause__, IntegrityError)
    assert (Organisation.objects.count(), Event.objects.count()) == (1, before)


def test_the_event_says_who_what_and_on_which_versions(organisation: Organisation) -> None:
    application = create_application(organisation, "A", actor=ACTOR._replace(request_id="req-1"))
    event = Event.objects.get(action="application.created")
    assert (event.actor_kind, event.actor_id, event.request_id) == (*ACTOR[:2], "req-1")
    assert (event.organisation, event.object_id) == (organisation.public_id, application.public_id)
    assert event.records == [[f"application:{application.public_id}", 1]]


def test_events_are_never_deleted(organisation: Organisation) -> None:
    with pytest.raises(TypeError, match="never deleted"):
        Event.objects.first().delete()  # type: ignore[union-attr]


def test_a_write_inside_a_transaction_that_fails_leaves_nothing(organisation: Organisation) -> None:
    @transaction.atomic
    def fail_afterwards() -> None:
        create_application(organisation, "A", actor=SYSTEM)
        raise ValueError

    with pytest.raises(ValueError):
        fail_afterwards()
    assert not PublishedRecord.objects.filter(kind="application").exists()
