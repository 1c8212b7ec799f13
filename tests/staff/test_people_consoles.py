"""People: shut out and let in again, by staff who say why."""

import pytest
from django.test import Client

from accounts.models import User
from audit.models import Event
from keys.models import Consent
from tests.cast import Cast, Person, sign_in
from tests.factories import make_client, make_consent, make_person
from tests.portal.oauth.asking import Asking
from tests.portal.oauth.asking import make_client as make_asking_client

REASON = {"reason": "Says that the telephone was stolen."}
PASSWORD = "a long enough passphrase"


@pytest.fixture
def patient(cast: Cast) -> Person:
    """An end user who lets a client act for them."""
    user = make_person("patient@home.example")
    make_consent(user, make_client(cast.application, "Ward calendar"), cast.version.api.slug)
    return sign_in(user)


def test_a_suspended_person_is_out_at_once_and_comes_back_with_what_they_had(
    cast: Cast, staff: Client, patient: Person
) -> None:
    path = f"/admin/people/{patient.user.public_id}"
    browser, made = Client(), make_asking_client(cast)
    patient.user.set_password(PASSWORD)
    patient.user.save(update_fields=["password"])
    login = {"login": patient.user.email, "password": PASSWORD}
    assert browser.post("/login/", login)["Location"] == "/"
    asking = Asking(made)
    refresh = asking.redeem(asking.code(browser)).json()["refresh_token"]
    assert staff.post(f"{path}/suspend/", REASON).status_code == 303
    assert browser.get("/account/")["Location"].startswith("/login/")
    assert Client().post("/login/", login)["Location"] == "/inactive/"
    assert asking.refresh(refresh).json()["error"] == "invalid_grant"
    assert not User.objects.get(pk=patient.user.pk).is_active
    event = Event.objects.get(action="person.suspended")
    assert (event.reason, event.actor_id) == (REASON["reason"], cast.staff.user.public_id)
    assert [name for name, _ in event.records] == [f"account:{patient.user.public_id}"]
    assert staff.post(f"{path}/restore/", REASON).status_code == 303
    assert browser.get("/account/").status_code == 302, "the old session stays ended"
    assert Client().post("/login/", login)["Location"] == "/"
    assert Consent.objects.filter(user=patient.user, withdrawn_at=None).count() == 2
    assert cast.stranger.client.get("/account/").status_code == 200


def test_without_a_reason_nobody_is_suspended(staff: Client, patient: Person) -> None:
    path = f"/admin/people/{patient.user.public_id}/suspend/"
    assert staff.get(path).status_code == 200
    for reason in ("", "  ", "x" * 501):
        assert staff.post(path, {"reason": reason}).status_code == 422
    assert User.objects.get(pk=patient.user.pk).is_active


def test_staff_are_not_suspended_here(cast: Cast, staff: Client) -> None:
    for each in (cast.staff.user, make_person("colleague@portcullis.example", is_staff=True)):
        assert staff.post(f"/admin/people/{each.public_id}/suspend/", REASON).status_code == 404
        page = staff.get(f"/admin/people/{each.public_id}/").content.decode()
        assert "suspend/" not in page
        assert User.objects.get(pk=each.pk).is_active


def test_people_are_found_by_address_kind_and_state(cast: Cast, staff: Client, patient: Person) -> None:
    User.objects.filter(pk=cast.stranger.user.pk).update(is_active=False)

    def shown(query: str) -> set[str]:
        page = staff.get(f"/admin/people/?{query}").content.decode()
        people = (patient, cast.owner, cast.stranger, cast.staff)
        return {one.user.email.partition("@")[0] for one in people if one.user.public_id in page}

    assert shown("q=PATIENT") == {"patient"}
    assert shown(f"q={cast.owner.user.public_id}") == {"owner"}
    assert shown("kind=end+user") == {"patient"}
    assert shown("kind=member") == {"owner", "stranger"}
    assert shown("kind=staff") == {"staff"}
    assert shown("state=suspended") == {"stranger"}
    assert shown("kind=x&state=x&page=x") == {"patient", "owner", "stranger", "staff"}


def test_a_persons_page_says_what_acts_for_them(staff: Client, patient: Person) -> None:
    page = staff.get(f"/admin/people/{patient.user.public_id}/").content.decode()
    assert "Ward calendar" in page
    assert "no organisation: an end user" in page
