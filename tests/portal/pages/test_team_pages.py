"""The pages of an organisation's people: owners change, members look and leave, invitations are taken up."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import Invitation, Membership, Role
from accounts.writes import add_member
from keys.ownership import keys_made_by
from notices.models import Letter
from tests.cast import sign_in
from tests.factories import ACTOR, make_key, make_person
from tests.portal.pages.reading import queries, read, words

PASSWORD = "a lantern on the quay"


@pytest.fixture
def team(cast):
    return f"/team/{cast.organisation.public_id}/"


@pytest.fixture
def developer(cast):
    user = make_person("developer@bindery.example")
    add_member(cast.organisation, user, Role.DEVELOPER, actor=ACTOR)
    return sign_in(user)


def link() -> str:
    """The path of the newest letter's link."""
    return re.search(r"(/invitations/accept/\?token=\S+)", Letter.objects.latest("pk").body)[1]


def invited(cast, team, email="amina@harbour.example") -> str:
    response = cast.owner.client.post(f"{team}invite/", {"email": email, "role": "developer"})
    assert (response.status_code, response["Location"]) == (303, team)
    return link()


def member_page(team, person, rest=""):
    return f"{team}members/{person.user.public_id}/{rest}"


def test_everybody_sees_the_members_and_owners_the_invitations(cast, team):
    invited(cast, team)
    owners, viewers = words(read(cast.owner.client, team)), words(read(cast.teammate.client, team))
    assert "teammate@bindery.example" in owners
    assert "teammate@bindery.example" in viewers
    assert "amina@harbour.example" in owners
    assert "amina@harbour.example" not in viewers
    assert cast.owner.client.get("/team/")["Location"] == team
    assert queries(cast.owner.client, team) <= 12


def test_a_stranger_finds_nothing_and_a_viewer_may_change_nothing(cast, team):
    for rest in ("invite/", "settings/", f"members/{cast.owner.user.public_id}/"):
        assert cast.stranger.client.get(team + rest).status_code == 404
        assert cast.stranger.client.post(team + rest).status_code == 404
        assert cast.teammate.client.get(team + rest).status_code == 403
        assert cast.teammate.client.post(team + rest).status_code == 403
    assert cast.teammate.client.post(member_page(team, cast.owner, "remove/")).status_code == 403
    assert cast.teammate.client.post(member_page(team, cast.owner, "transfer/")).status_code == 403


def test_an_owner_changes_a_role_and_hands_the_organisation_over(cast, team):
    assert cast.owner.client.post(member_page(team, cast.teammate), {"role": "billing"}).status_code == 303
    assert Membership.objects.get(user=cast.teammate.user).role == "billing"
    assert cast.owner.client.post(member_page(team, cast.teammate, "transfer/")).status_code == 303
    assert cast.owner.client.get(f"{team}invite/").status_code == 403
    assert cast.teammate.client.get(f"{team}invite/").status_code == 200


@pytest.mark.parametrize("role", ["", "superuser", "Owner"])
def test_it_rejects_a_role_that_is_none(cast, team, role):
    assert cast.owner.client.post(member_page(team, cast.teammate), {"role": role}).status_code == 422
    assert cast.owner.client.post(f"{team}invite/", {"email": "a@b.example", "role": role}).status_code == 422


def test_the_last_owner_is_told_why_they_stay(cast, team):
    response = cast.owner.client.post(member_page(team, cast.owner, "remove/"), {"fate": "keep"})
    assert response.status_code == 422
    assert "the only owner" in response.content.decode()


@pytest.mark.parametrize(
    ("fate", "heirs", "status"),
    [("keep", 0, "active"), ("reassign", 1, "active"), ("rotate", 1, "active"), ("revoke", 0, "revoked")],
)
def test_a_leaver_chooses_what_becomes_of_their_keys(cast, team, developer, fate, heirs, status):
    credential = make_key(cast.application, created_by=developer.user).credential
    chosen = {"fate": fate, "heir": cast.owner.user.public_id}
    response = developer.client.post(member_page(team, developer, "remove/"), chosen)
    assert (response.status_code, response["Location"]) == (303, "/team/")
    credential.refresh_from_db()
    assert credential.status == status
    assert keys_made_by(cast.organisation, cast.owner.user).count() == heirs
    assert developer.client.get(team).status_code == 404
    letters = [letter.body for letter in Letter.objects.filter(kind="keys_to_rotate", to=cast.owner.user.email)]
    assert [f"/keys/{credential.public_id}/rotate/" in body for body in letters] == ([True] if fate == "rotate" else [])


def test_it_rejects_an_heir_from_elsewhere(cast, team, developer):
    make_key(cast.application, created_by=developer.user)
    chosen = {"fate": "reassign", "heir": cast.stranger.user.public_id}
    assert cast.owner.client.post(member_page(team, developer, "remove/"), chosen).status_code == 422
    assert Membership.objects.filter(user=developer.user).exists()


def test_signing_up_on_the_way_confirms_the_address_and_joins(cast, team):
    client, path = Client(), invited(cast, team)
    assert client.get(path)["Location"] == "/invitations/accept/"
    page = read(client, "/invitations/accept/")
    assert "/signup/?next=/invitations/accept/" in page
    new = {"email": "amina@harbour.example", "password1": PASSWORD, "next": "/invitations/accept/"}
    assert client.post("/signup/", new)["Location"] == "/invitations/accept/"
    assert client.post("/invitations/accept/")["Location"] == team
    assert [row.role for row in Membership.objects.filter(user__email="amina@harbour.example")] == ["developer"]
    assert EmailAddress.objects.get(email="amina@harbour.example").verified


def test_signing_up_with_another_address_confirms_nothing(cast, team):
    client = Client()
    client.get(invited(cast, team))
    client.get("/invitations/accept/")
    client.post("/signup/", {"email": "mallory@harbour.example", "password1": PASSWORD})
    assert client.get("/invitations/accept/").status_code == 403
    assert client.post("/invitations/accept/").status_code == 403
    assert not EmailAddress.objects.filter(email="amina@harbour.example").exists()
    assert not EmailAddress.objects.get(email="mallory@harbour.example").verified


def test_signing_up_with_an_address_that_has_an_account_takes_nothing_over(cast, team):
    client = Client()
    client.get(invited(cast, team, "stranger@elsewhere.example"))
    client.get("/invitations/accept/")
    client.post("/signup/", {"email": "stranger@elsewhere.example", "password1": PASSWORD})
    assert EmailAddress.objects.get(email="stranger@elsewhere.example", verified=True).user == cast.stranger.user
    assert client.post("/invitations/accept/").status_code == 403


def test_a_withdrawn_invitation_is_over_for_everybody(cast, team):
    path = invited(cast, team)
    found = Invitation.objects.get()
    assert cast.stranger.client.post(f"{team}invitations/{found.public_id}/revoke/").status_code == 404
    assert cast.owner.client.post(f"{team}invitations/{found.public_id}/revoke/").status_code == 303
    for client in (Client(), cast.stranger.client):
        client.get(path)
        response = client.get("/invitations/accept/")
        assert response.status_code == 410
        assert "withdrawn" in response.content.decode()


def test_no_invitation_in_hand_is_not_found(cast):
    assert Client().get("/invitations/accept/").status_code == 404
    assert cast.owner.client.post("/invitations/accept/").status_code == 404
    client = Client()
    client.get("/invitations/accept/?token=" + "x" * 4000)
    assert client.get("/invitations/accept/").status_code == 404


def test_a_person_without_an_organisation_can_begin_one(cast):
    alone = sign_in(make_person("alone@harbour.example")).client
    assert "No organisation" in read(alone, "/team/")
    assert alone.post("/team/new/", {"name": ""}).status_code == 422
    response = alone.post("/team/new/", {"name": "Lighthouse"})
    assert response.status_code == 303
    assert "Team of Lighthouse" in read(alone, response["Location"])


def test_names_are_text(cast, team):
    hostile = '"><script>alert(1)</script>{{ 7|add:7 }}'
    saved = {"name": hostile, "requires_second_factor": ""}
    assert cast.owner.client.post(f"{team}settings/", saved).status_code == 303
    invited(cast, team)
    pages = [read(cast.owner.client, team + rest) for rest in ("", "invite/", "settings/")]
    assert not any("<script>alert" in page or "{{ 14" in page for page in pages)
    assert "<script>alert(1)" in Letter.objects.latest("pk").body
