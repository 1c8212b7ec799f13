"""Two who act on the same membership or invitation at the same moment: one outcome. 10 races, or 200 with PROVE=1."""

import os
from functools import partial

import pytest

from accounts.invitations import accept, invite, revoke
from accounts.models import Membership, Role
from accounts.team import remove_member, set_role
from accounts.writes import add_member
from tests.factories import ACTOR, make_organisation, make_person
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
RACES = 200 if os.environ.get("PROVE") else 10


def test_of_two_owners_who_leave_at_once_one_stays() -> None:
    first, second = make_person("first@bindery.example"), make_person("second@bindery.example")
    for number in range(RACES):
        organisation = make_organisation(first, f"Bindery {number}")
        add_member(organisation, second, Role.OWNER, actor=ACTOR)
        went = race(
            partial(remove_member, organisation, first, actor=ACTOR),
            partial(set_role, organisation, second, Role.VIEWER, actor=ACTOR),
        )
        assert went == 1
        assert Membership.objects.filter(organisation=organisation, role=Role.OWNER).count() == 1


def test_an_invitation_is_used_once_or_withdrawn() -> None:
    owner, amina = make_person("owner@bindery.example"), make_person("amina@harbour.example")
    for number in range(RACES):
        organisation = make_organisation(owner, f"Bindery {number}")
        invitation = invite(organisation, amina.email, Role.DEVELOPER, actor=ACTOR, invited_by=owner)
        went = race(
            partial(accept, invitation.digest, amina, actor=ACTOR),
            partial(accept, invitation.digest, amina, actor=ACTOR),
            partial(revoke, invitation, actor=ACTOR),
        )
        assert went == 1
        invitation.refresh_from_db()
        joined = Membership.objects.filter(organisation=organisation, user=amina).count()
        assert (invitation.status, joined) in (("accepted", 1), ("revoked", 0))
