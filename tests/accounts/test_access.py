"""Who sees what: strangers see nothing at all, those who only look may change nothing."""

import pytest

from accounts.access import (
    MANAGE_KEYS,
    NotAllowed,
    NotVisible,
    access_application,
    applications_of,
    organisations_of,
    require_role,
)
from accounts.models import Application, Organisation, Role, User
from accounts.writes import add_member, create_application, remove_application
from tests.factories import ACTOR, make_organisation, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(organisation: Organisation) -> Application:
    return create_application(organisation, "Reader", actor=ACTOR)


@pytest.fixture
def stranger() -> User:
    stranger = make_person("stranger@elsewhere.example")
    create_application(make_organisation(stranger, "Elsewhere"), "Theirs", actor=ACTOR)
    return stranger


def member(organisation: Organisation, role: Role) -> User:
    user = make_person(f"{role}.member@bindery.example")
    add_member(organisation, user, role, actor=ACTOR)
    return user


def test_a_stranger_cannot_tell_it_from_nothing(application: Application, stranger: User) -> None:
    with pytest.raises(NotVisible):
        access_application(stranger, application.public_id)
    with pytest.raises(NotVisible):
        access_application(stranger, "app_0000000000000000")
    with pytest.raises(NotVisible):
        require_role(stranger, application.organisation, MANAGE_KEYS)


def test_a_stranger_without_the_role_is_a_stranger_first(application: Application, stranger: User) -> None:
    with pytest.raises(NotVisible):
        access_application(stranger, application.public_id, MANAGE_KEYS)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.BILLING])
def test_who_only_looks_sees_it_and_is_told_which_role_would_do(application: Application, role: Role) -> None:
    person = member(application.organisation, role)
    assert access_application(person, application.public_id) == application
    with pytest.raises(NotAllowed, match="Only an Owner or Developer of Bindery may do this"):
        access_application(person, application.public_id, MANAGE_KEYS)


@pytest.mark.parametrize("role", sorted(MANAGE_KEYS))
def test_owners_and_developers_may_manage_keys(application: Application, role: Role) -> None:
    person = member(application.organisation, role)
    assert access_application(person, application.public_id, MANAGE_KEYS) == application
    assert require_role(person, application.organisation, MANAGE_KEYS) == role


def test_a_removed_application_is_not_there_any_more(application: Application, owner: User) -> None:
    remove_application(application, actor=ACTOR)
    with pytest.raises(NotVisible):
        access_application(owner, application.public_id)
    assert not applications_of(owner).exists()


def test_lists_hold_only_ones_own(application: Application, owner: User, stranger: User) -> None:
    assert list(applications_of(owner)) == [application]
    assert [row.name for row in applications_of(stranger)] == ["Theirs"]
    assert list(organisations_of(owner)) == [application.organisation]


def test_a_member_of_several_organisations_sees_each_thing_once(
    application: Application, stranger: User, owner: User
) -> None:
    add_member(organisations_of(stranger).get(), owner, Role.VIEWER, actor=ACTOR)
    assert [row.name for row in applications_of(owner)] == ["Reader", "Theirs"]
    assert organisations_of(owner).count() == 2


def test_a_member_set_twice_has_the_last_role(organisation: Organisation) -> None:
    person = member(organisation, Role.VIEWER)
    add_member(organisation, person, Role.DEVELOPER, actor=ACTOR)
    assert require_role(person, organisation, MANAGE_KEYS) == Role.DEVELOPER
    assert organisation.memberships.filter(user=person).count() == 1
