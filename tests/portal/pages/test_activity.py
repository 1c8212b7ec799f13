"""An organisation's own part of the audit log: all of it, nothing of others, nothing internal."""

import pytest

from accounts.actors import user_actor
from accounts.models import Role
from accounts.writes import add_member, rename_organisation, set_organisation_status
from keys.writes import rename_key
from tests.cast import Cast, sign_in
from tests.factories import ACTOR, make_organisation, make_person

pytestmark = pytest.mark.django_db


def page(person, organisation=None, status=200) -> str:
    response = person.client.get(f"/activity/{organisation.public_id}/" if organisation else "/activity/", follow=True)
    assert response.status_code == status
    return response.content.decode()


def test_members_see_what_members_did(cast: Cast) -> None:
    rename_key(cast.key.credential, "Nightly import", actor=user_actor(cast.owner.user))
    for person in (cast.owner, cast.teammate):
        text = page(person)
        assert "Nightly import" in text
        assert "owner@bindery.example" in text


def test_what_staff_did_is_shown_without_name_reason_and_addresses(cast: Cast) -> None:
    staff = user_actor(cast.staff.user)
    set_organisation_status(cast.organisation, "suspended", actor=staff, reason="We suspect a leak")
    rename_organisation(cast.organisation, "Ask desk@portcullis.example", actor=staff)
    text = page(cast.owner).replace(str(cast.organisation), "")
    assert "Portcullis staff" in text
    assert "Organisation suspended" in text
    assert "(not shown)" in text
    for internal in ("We suspect", "staff@portcullis.example"):
        assert internal not in text


def test_the_reason_and_name_of_who_left_are_not_shown(cast: Cast) -> None:
    actor = user_actor(cast.teammate.user)
    set_organisation_status(cast.organisation, "active", actor=actor, reason="Settled with Ann")
    cast.organisation.memberships.filter(user=cast.teammate.user).delete()
    text = page(cast.owner)
    assert "Somebody who is no member now" in text
    assert "Settled with Ann" not in text


def test_strangers_find_nothing_and_billing_is_told_which_roles(cast: Cast) -> None:
    page(cast.stranger, cast.organisation, status=404)
    assert cast.organisation.public_id not in page(cast.stranger)
    clerk = make_person("clerk@bindery.example")
    add_member(cast.organisation, clerk, Role.BILLING, actor=ACTOR)
    assert "Owner or Developer or Viewer" in page(sign_in(clerk), cast.organisation, status=403)


def test_who_is_in_several_organisations_chooses_and_who_is_in_none_finds_nothing(cast: Cast) -> None:
    other = make_organisation(cast.owner.user, "Second house")
    assert f'href="/activity/{other.public_id}/"' in page(cast.owner)
    assert "Activity of Second house" in page(cast.owner, other)
    page(sign_in(make_person("nobody@example.com")), status=404)


def test_a_page_is_few_queries_whatever_the_data(cast: Cast, django_assert_max_num_queries) -> None:
    for number in range(60):
        rename_organisation(cast.organisation, f"Bindery {number}", actor=user_actor(cast.owner.user))
    with django_assert_max_num_queries(12):
        assert page(cast.owner, cast.organisation).count("<tr>") == 51
