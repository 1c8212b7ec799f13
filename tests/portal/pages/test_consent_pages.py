"""`/account/consents/`: what may act for a person, and taking it back."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from keys.consents import consents_of
from tests.factories import make_client, make_consent, make_person
from tests.portal.pages.calling import make_calls
from tests.portal.pages.reading import queries, read, words

pytestmark = pytest.mark.django_db
LIST = "/account/consents/"


@pytest.fixture
def patient(client):
    user = make_person("patient@home.example")
    client.force_login(user)
    return user


def allowed(cast, user, name="Ward calendar"):
    return make_consent(user, make_client(cast.application, name), cast.version.api.slug)


def test_an_empty_list_teaches(client, patient):
    assert "Nothing acts for you" in words(read(client, LIST))


def test_it_names_who_may_do_what_for_the_person_alone(cast, client, patient):
    allowed(cast, patient)
    allowed(cast, cast.stranger.user, "Theirs")
    page = words(read(client, LIST))
    assert "Ward calendar" in page
    assert "Bindery" in page
    assert "books:read" in page
    assert "Theirs" not in page


def test_last_used_is_the_clients_last_call_in_the_persons_name(cast, client, patient):
    consent, operation = allowed(cast, patient), cast.version.operations.first()
    assert consents_of(patient).get().last_used_at is None
    mine = {"credential": consent.credential.public_id, "user": patient.public_id}
    now = timezone.now()
    make_calls(cast.application, operation, at=now - timedelta(hours=3), **mine)
    make_calls(cast.application, operation, at=now - timedelta(hours=5), **mine)
    make_calls(cast.application, operation, at=now, **mine | {"user": cast.stranger.user.public_id})
    make_calls(cast.application, operation, at=now, **mine | {"credential": cast.key.credential.public_id})
    assert consents_of(patient).get().last_used_at == now - timedelta(hours=3)
    assert "3 h ago" in words(read(client, LIST))
    assert "3 h ago" in words(read(client, reverse("consent", args=[consent.public_id])))


def test_withdrawing_asks_first_and_leaves_a_receipt(cast, client, patient):
    consent = allowed(cast, patient)
    address = reverse("consent", args=[consent.public_id])
    assert "Withdraw from Ward calendar?" in words(read(client, address))
    assert client.post(address).headers["Location"] == address
    receipt = words(read(client, address))
    assert "Withdrawn" in receipt
    assert consent.public_id in receipt
    assert "Ward calendar" not in words(read(client, LIST))
    event = Event.objects.latest("id")
    assert (event.action, event.object_id) == ("consent.withdrawn", consent.public_id)


def test_withdrawing_twice_is_recorded_once(cast, client, patient):
    address = reverse("consent", args=[allowed(cast, patient).public_id])
    client.post(address)
    assert client.post(address).status_code == 303
    assert Event.objects.filter(action="consent.withdrawn").count() == 1


def test_parts_are_taken_away_and_the_rest_stays(cast, client, patient):
    consent = allowed(cast, patient)
    address, before = reverse("consent", args=[consent.public_id]), consent.scopes
    assert len(before) > 1
    assert client.post(address, {"narrow": "yes", "taken": before[:1]}).headers["Location"] == address
    consent.refresh_from_db()
    assert (consent.scopes, consent.is_active) == (before[1:], True)
    assert before[0] not in words(read(client, address))
    event = Event.objects.latest("id")
    assert event.action == "consent.narrowed"
    assert f"consent:{consent.public_id}" in dict(event.records)
    for taken in ([], before[:1], ["another:scope"], before[1:]):
        assert client.post(address, {"narrow": "yes", "taken": taken}).status_code == 422
    consent.refresh_from_db()
    assert (consent.scopes, consent.is_active) == (before[1:], True), "all of it is withdrawn, not taken away"


def test_nobody_withdraws_for_another(cast, client, patient):
    address = reverse("consent", args=[allowed(cast, cast.stranger.user).public_id])
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404
    assert client.post(address, {"narrow": "yes", "taken": ["books:read"]}).status_code == 404
    assert not Event.objects.filter(action="consent.withdrawn").exists()


def test_the_list_makes_few_queries_whatever_the_data(cast, client, patient):
    for number in range(5):
        allowed(cast, patient, f"Client {number}")
    assert queries(client, LIST) <= 12
