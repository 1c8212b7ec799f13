"""Who belongs to an organisation, and that it never loses its last owner."""

import pytest

from accounts.models import Membership, Organisation, Role, User
from accounts.team import LastOwner, remove_member, require_second_factor, set_role, transfer_ownership
from accounts.writes import add_member
from audit.models import Event
from audit.writing import Conflict
from tests.factories import ACTOR, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def developer(organisation: Organisation) -> User:
    user = make_person("developer@bindery.example")
    add_member(organisation, user, Role.DEVELOPER, actor=ACTOR)
    return user


def roles(organisation: Organisation) -> dict[str, str]:
    return dict(Membership.objects.filter(organisation=organisation).values_list("user__email", "role"))


def test_the_last_owner_cannot_leave(organisation: Organisation, owner: User, developer: User) -> None:
    with pytest.raises(LastOwner):
        remove_member(organisation, owner, actor=ACTOR)
    assert roles(organisation)[owner.email] == "owner"


@pytest.mark.parametrize("role", [Role.DEVELOPER, Role.BILLING, Role.VIEWER])
def test_the_last_owner_cannot_be_demoted(organisation: Organisation, owner: User, role: Role) -> None:
    with pytest.raises(LastOwner):
        set_role(organisation, owner, role, actor=ACTOR)
    assert roles(organisation)[owner.email] == "owner"


def test_one_of_two_owners_can_leave_and_the_other_cannot(
    organisation: Organisation, owner: User, developer: User
) -> None:
    set_role(organisation, developer, Role.OWNER, actor=ACTOR)
    remove_member(organisation, owner, actor=ACTOR)
    with pytest.raises(LastOwner):
        remove_member(organisation, developer, actor=ACTOR)


def test_handing_over_swaps_both_roles(organisation: Organisation, owner: User, developer: User) -> None:
    transfer_ownership(organisation, owner, developer, actor=ACTOR)
    assert roles(organisation) == {owner.email: "developer", developer.email: "owner"}
    event = Event.objects.get(action="ownership.transferred")
    assert event.changes["owner"] == [owner.public_id, developer.public_id]


def test_it_rejects_a_hand_over_by_or_to_who_is_not_there(organisation: Organisation, developer: User) -> None:
    gone = make_person("gone@bindery.example")
    for owner, to in ((developer, gone), (gone, developer), (developer, developer)):
        with pytest.raises(Conflict):
            transfer_ownership(organisation, owner, to, actor=ACTOR)
    assert roles(organisation)[developer.email] == "developer"


def test_who_is_gone_cannot_be_changed_or_removed_again(organisation: Organisation, developer: User) -> None:
    remove_member(organisation, developer, actor=ACTOR)
    with pytest.raises(Conflict):
        remove_member(organisation, developer, actor=ACTOR)
    with pytest.raises(Conflict):
        set_role(organisation, developer, Role.OWNER, actor=ACTOR)
    assert developer.email not in roles(organisation)


def test_leaving_and_removal_are_told_apart(organisation: Organisation, developer: User) -> None:
    from accounts.actors import user_actor

    remove_member(organisation, developer, actor=user_actor(developer))
    add_member(organisation, developer, Role.VIEWER, actor=ACTOR)
    remove_member(organisation, developer, actor=ACTOR)
    actions = Event.objects.filter(action__startswith="member.", changes__role__1=None).values_list("action", flat=True)
    assert sorted(actions) == ["member.left", "member.removed"]


def test_the_rule_of_the_second_factor_is_on_record(organisation: Organisation) -> None:
    require_second_factor(organisation, True, actor=ACTOR)
    organisation.refresh_from_db()
    assert organisation.requires_second_factor
    assert Event.objects.get(action="organisation.second_factor").changes == {"requires_second_factor": [False, True]}
