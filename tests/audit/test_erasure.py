"""What events say about a person can be erased, and the chain stays whole."""

import io
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command

from accounts.actors import user_actor
from accounts.models import Organisation
from accounts.writes import rename_organisation, set_organisation_status
from audit.erasure import erase_person
from audit.models import Event, PersonalText
from audit.personal import ERASED, told
from audit.verifying import verify
from audit.writing import record_event, write
from notices.models import Letter
from tests.audit.intruder import chain_all
from tests.factories import ACTOR, make_person

pytestmark = pytest.mark.django_db(transaction=True)


def test_erasing_a_person_leaves_nothing_of_them_and_the_chain_whole(
    organisation: Organisation, chained: Callable[[int], None]
) -> None:
    person, other = make_person("ann@bindery.example"), make_person("joann@bindery.example")
    rename_organisation(organisation, "By Ann", actor=user_actor(person))
    set_organisation_status(organisation, "suspended", actor=user_actor(other), reason="Write to Ann@bindery.example.")
    set_organisation_status(organisation, "active", actor=user_actor(other), reason="joann@bindery.example agreed")
    invite(organisation)
    chained(1)
    assert erase_person(person, [person.email], actor=ACTOR) == 3
    chain_all()
    verify()
    left = list(PersonalText.objects.values_list("text", flat=True))
    assert not [text for text in left if text.lower().startswith("ann@") or " ann@" in text.lower()]
    assert Event.objects.get(action="organisation.active").reason == "joann@bindery.example agreed"
    assert Event.objects.filter(action="organisation.renamed", actor_id=person.public_id).get().actor_label == ""
    assert told(Event.objects.get(action="member.invited")) == {"to": [None, [ERASED, "joann@bindery.example"]]}


@write
def invite(organisation: Organisation) -> None:
    to = ["ann@bindery.example", "joann@bindery.example"]
    record_event(ACTOR, "member.invited", organisation, changes={"to": [None, to]})


def test_an_event_tells_addresses_to_who_may_read_it_and_keeps_none_itself(organisation: Organisation) -> None:
    invite(organisation)
    event = Event.objects.get(action="member.invited")
    assert told(event) == {"to": [None, ["ann@bindery.example", "joann@bindery.example"]]}
    assert "@" not in str(event.changes)


def test_a_second_erasure_finds_nothing(organisation: Organisation, chained: Callable[[int], None]) -> None:
    person = make_person("ann@bindery.example")
    rename_organisation(organisation, "By Ann", actor=user_actor(person))
    assert [erase_person(person, [person.email], actor=ACTOR) for _ in range(2)] == [1, 0]
    chained(1)
    verify()


def test_the_command_forgets_letters_and_every_address_of_the_person(
    organisation: Organisation, chained: Callable[[int], None]
) -> None:
    person = make_person("ann@bindery.example")
    Letter.objects.create(kind="greeting", to="Ann@bindery.example", subject="Hello")
    rename_organisation(organisation, "By Ann", actor=user_actor(person))
    set_organisation_status(organisation, "active", actor=ACTOR, reason="old@bindery.example asked")
    call_command("audit_erase", person.public_id, address=["old@bindery.example"], stdout=io.StringIO())
    assert not Letter.objects.exists()
    assert not PersonalText.objects.filter(text__icontains="old@bindery.example").exists()
    assert not PersonalText.objects.filter(text__icontains="ann@bindery.example").exists()
    chained(1)
    verify()
    with pytest.raises(CommandError, match="not a person's id"):
        call_command("audit_erase", "ann@bindery.example")
