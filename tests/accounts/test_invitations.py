"""An invitation has one outcome, whatever is tried with it."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.access import NotVisible
from accounts.invitations import MOST_A_DAY, Unusable, accept, digest_of, find, invite, resend, revoke
from accounts.models import Invitation, Membership, Organisation, Role, User
from accounts.writes import add_member
from audit.models import Event
from notices.models import Letter
from tests.factories import ACTOR, make_person

pytestmark = pytest.mark.django_db
EMAIL = "amina@harbour.example"


@pytest.fixture
def invitation(organisation: Organisation, owner: User) -> Invitation:
    return invite(organisation, EMAIL, Role.DEVELOPER, actor=ACTOR, invited_by=owner)


@pytest.fixture
def amina() -> User:
    return make_person(EMAIL)


def token() -> str:
    """From the newest letter."""
    found = re.search(r"token=(\S+)", Letter.objects.latest("pk").body)
    assert found
    return found[1]


def refused(digest: str, user: User) -> str:
    with pytest.raises(Unusable) as refusal:
        accept(digest, user, actor=ACTOR)
    return refusal.value.state


def test_the_invited_person_takes_the_place_once(invitation: Invitation, amina: User) -> None:
    digest = digest_of(token())
    assert accept(digest, amina, actor=ACTOR).role == "developer"
    assert refused(digest, amina) == "accepted"
    assert refused(digest, make_person("other@harbour.example")) == "accepted"
    assert Event.objects.filter(action="invitation.accepted").count() == 1


def test_only_a_digest_of_the_token_is_kept(invitation: Invitation) -> None:
    kept = [str(value) for value in Invitation.objects.values().get().values()]
    assert not any(token() in value for value in kept)
    assert token() not in Letter.objects.get().sealed_body
    assert invitation.digest == digest_of(token())


def test_an_expired_one_is_over(invitation: Invitation, amina: User) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        assert refused(invitation.digest, amina) == "expired"
    assert not Membership.objects.filter(user=amina).exists()


def test_a_revoked_one_is_over(invitation: Invitation, amina: User) -> None:
    revoke(invitation, actor=ACTOR)
    assert refused(invitation.digest, amina) == "revoked"
    with pytest.raises(Unusable):
        resend(invitation, actor=ACTOR)


def test_an_accepted_one_cannot_be_revoked_or_sent_again(invitation: Invitation, amina: User) -> None:
    accept(invitation.digest, amina, actor=ACTOR)
    for act in (revoke, resend):
        with pytest.raises(Unusable):
            act(invitation, actor=ACTOR)
    assert Membership.objects.filter(user=amina).exists()


def test_another_address_is_refused_and_uses_nothing_up(invitation: Invitation, amina: User) -> None:
    assert refused(invitation.digest, make_person("other@harbour.example")) == "address"
    assert accept(invitation.digest, amina, actor=ACTOR)


def test_an_address_that_is_not_confirmed_is_another_address(invitation: Invitation) -> None:
    claims = User.objects.create_user(EMAIL, None)
    assert refused(invitation.digest, claims) == "address"


def test_sending_again_kills_the_first_link(invitation: Invitation, amina: User) -> None:
    first = token()
    with time_machine.travel(timezone.now() + timedelta(days=6)):
        resend(invitation, actor=ACTOR)
    with pytest.raises(NotVisible):
        accept(digest_of(first), amina, actor=ACTOR)
    with time_machine.travel(timezone.now() + timedelta(days=12)):
        assert accept(digest_of(token()), amina, actor=ACTOR)


def test_it_is_not_sent_twice_in_a_minute(invitation: Invitation) -> None:
    with pytest.raises(ValidationError, match="a moment ago"):
        resend(invitation, actor=ACTOR)


def test_a_token_never_sent_is_nothing(amina: User) -> None:
    for wrong in ("", "x", "0" * 64):
        with pytest.raises(NotVisible):
            find(wrong)


def test_a_member_keeps_their_role(organisation: Organisation, invitation: Invitation, amina: User) -> None:
    add_member(organisation, amina, Role.OWNER, actor=ACTOR)
    assert accept(invitation.digest, amina, actor=ACTOR).role == "owner"


@pytest.mark.parametrize("email", [EMAIL, EMAIL.upper(), "owner@bindery.example", "no address", ""])
def test_it_rejects_who_is_invited_or_a_member_already(
    organisation: Organisation, owner: User, invitation: Invitation, email: str
) -> None:
    with pytest.raises(ValidationError):
        invite(organisation, email, Role.VIEWER, actor=ACTOR, invited_by=owner)
    assert Letter.objects.count() == 1


def test_it_rejects_an_inviter_whom_we_do_not_know(organisation: Organisation) -> None:
    unknown = User.objects.create_user("unknown@bindery.example", None)
    with pytest.raises(ValidationError, match="Confirm your own"):
        invite(organisation, EMAIL, Role.VIEWER, actor=ACTOR, invited_by=unknown)


def test_it_rejects_too_many_letters_a_day(organisation: Organisation, owner: User) -> None:
    Letter.objects.bulk_create(
        Letter(public_id=f"l{n}", kind="invitation", to=EMAIL, organisation=organisation.public_id)
        for n in range(MOST_A_DAY)
    )
    with pytest.raises(ValidationError, match="at most 50"):
        invite(organisation, EMAIL, Role.VIEWER, actor=ACTOR, invited_by=owner)
