"""What people do with their accounts stands in the audit log, as the libraries do it."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import User
from audit.models import Event, PersonalText
from audit.personal import told
from notices.models import Letter
from tests.cast import sign_in
from tests.factories import make_person, make_plan, make_version

pytestmark = pytest.mark.django_db
PASSWORD, NEW_PASSWORD = "a long walk in the rain", "a short walk in the sun"


@pytest.fixture
def person() -> User:
    made = make_person("ann@bindery.example")
    made.set_password(PASSWORD)
    made.save()
    return made


def last_event(action: str) -> Event:
    return Event.objects.filter(action=action).latest("id")


def test_signing_up_in_and_out_is_recorded_with_where_it_came_from(client: Client) -> None:
    make_plan("starter", make_version(), is_default=True)
    client.post("/signup/", {"email": "ann@bindery.example", "password1": PASSWORD})
    person = User.objects.get(email="ann@bindery.example")
    client.post("/logout/")
    client.post("/login/", {"login": "ann@bindery.example", "password": PASSWORD})
    for action in ("person.signed_up", "person.signed_in", "person.signed_out"):
        event = last_event(action)
        assert (event.actor_id, event.object_id, event.address) == (person.public_id, person.public_id, "127.0.0.1")
        assert event.request_id


def test_a_failed_sign_in_is_no_sign_in(client: Client, person: User) -> None:
    client.post("/login/", {"login": person.email, "password": "wrong"})
    assert not Event.objects.filter(action="person.signed_in").exists()


def test_a_new_password_is_recorded_and_stands_nowhere(client: Client, person: User) -> None:
    client.post("/login/", {"login": person.email, "password": PASSWORD})
    change = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post("/password/change/", change).status_code == 303
    person.refresh_from_db()
    assert person.check_password(NEW_PASSWORD)
    assert last_event("person.password_set").actor_id == person.public_id
    assert "password was changed" in Letter.objects.get(kind="account_changed").subject
    assert not PersonalText.objects.filter(text__contains=NEW_PASSWORD).exists()


def test_addresses_are_recorded_and_only_told_to_who_may_read_them(person: User) -> None:
    client = sign_in(person).client
    client.post("/login/", {"login": person.email, "password": PASSWORD})
    client.post("/email/", {"action_add": "", "email": "second@bindery.example"})
    EmailAddress.objects.filter(email="second@bindery.example").update(verified=True)
    client.post("/email/", {"action_primary": "", "email": "second@bindery.example"})
    client.post("/email/", {"action_remove": "", "email": "ann@bindery.example"})
    assert told(last_event("person.email_added")) == {"email": [None, "second@bindery.example"]}
    assert told(last_event("person.email_changed")) == {"email": ["ann@bindery.example", "second@bindery.example"]}
    assert told(last_event("person.email_removed")) == {"email": ["ann@bindery.example", None]}
    assert "@" not in str(last_event("person.email_changed").changes)
    letters = [(letter.to, letter.subject) for letter in Letter.objects.filter(kind="account_changed")]
    first, second, says = "ann@bindery.example", "second@bindery.example", "Your Portcullis account: "
    assert letters == [
        (first, f"{says}The e-mail address {second} was added"),
        (first, f"{says}The main e-mail address is {second} now"),
        (second, f"{says}The main e-mail address is {second} now"),
        (first, f"{says}The e-mail address {first} was removed"),
        (second, f"{says}The e-mail address {first} was removed"),
    ]
