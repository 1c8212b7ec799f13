"""Staff suspend, narrow and contain keys: with a reason, as shown, and with a way back."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from analytics.models import OperationUse
from audit.models import Event
from contract.key_format import mint_key
from keys.models import Consent, Credential, LeakReport, ScopeGrant
from tests.cast import Cast
from tests.factories import make_client, make_consent

WHY = {"reason": "Asked by phone"}


@pytest.fixture
def url(cast: Cast) -> str:
    return f"/admin/keys/{cast.key.credential.public_id}/"


def fresh(cast: Cast) -> Credential:
    return Credential.objects.get(pk=cast.key.credential.pk)


def hold_for_long(cast: Cast) -> None:
    """It reads, and it never wrote."""
    ScopeGrant.objects.update(granted_at=timezone.now() - timedelta(days=60))
    reading = cast.version.operations.get(method="GET", path="/books").public_id
    OperationUse.objects.create(
        credential=cast.key.credential.public_id, operation=reading, last_at=timezone.now() - timedelta(days=1)
    )


def test_suspending_needs_a_reason_and_can_be_taken_back(cast: Cast, staff: Client, url: str) -> None:
    assert staff.post(url + "suspend/", {"reason": ""}).status_code == 422
    assert staff.post(url + "suspend/", WHY).status_code == 303
    assert (fresh(cast).state, fresh(cast).suspended_by) == ("suspended", "staff")
    assert Event.objects.get(action="key.suspended").reason == WHY["reason"]
    assert staff.post(url + "resume/", WHY).status_code == 303
    assert fresh(cast).state == "active"


def test_all_consents_of_a_client_are_withdrawn_with_a_reason(cast: Cast, staff: Client) -> None:
    client = make_client(cast.application, "Ward calendar")
    consents = [make_consent(person.user, client, "library") for person in (cast.owner, cast.stranger)]
    page = f"/admin/keys/{client.credential.public_id}/"
    assert "<dt>Consents</dt><dd>2</dd>" in staff.get(page).content.decode()
    assert staff.post(page + "consents/withdraw/", {"reason": ""}).status_code == 422
    assert staff.post(page + "consents/withdraw/", WHY).status_code == 303
    assert not any(Consent.objects.get(pk=one.pk).is_active for one in consents)
    assert Event.objects.get(action="client.consents_withdrawn").reason == WHY["reason"]
    assert staff.get(f"/admin/keys/{cast.key.credential.public_id}/consents/withdraw/").status_code == 404


def test_clients_are_found_by_their_kind(cast: Cast, staff: Client) -> None:
    client = make_client(cast.application, "Ward calendar").credential.public_id
    shown = staff.get("/admin/keys/?kind=client").content.decode()
    assert client in shown
    assert cast.key.credential.public_id not in shown


def test_an_over_scoped_key_is_found_narrowed_and_given_back(cast: Cast, staff: Client, url: str) -> None:
    assert cast.key.credential.public_id not in staff.get("/admin/keys/?used=over").content.decode()
    hold_for_long(cast)
    assert cast.key.credential.public_id in staff.get("/admin/keys/?used=over").content.decode()
    page = staff.get(url + "narrow/").content.decode()
    assert 'name="scopes" value="books:write"' in page
    assert "POST /library/v1/" in page
    assert staff.post(url + "narrow/", {**WHY, "scopes": "books:write"}).status_code == 303
    assert fresh(cast).scopes == ["books:read"]
    assert "It had books:read, books:write." in staff.get(url).content.decode()
    assert staff.post(url + "narrow/undo/").status_code == 303
    assert fresh(cast).scopes == ["books:read", "books:write"]
    assert staff.post(url + "narrow/undo/").status_code == 422


@pytest.mark.parametrize("scopes", ["", "books:read", "books:write books:read", "other", "books:write other"])
def test_only_unused_scopes_are_taken(cast: Cast, staff: Client, url: str, scopes: str) -> None:
    hold_for_long(cast)
    assert staff.post(url + "narrow/", {**WHY, "scopes": scopes}).status_code == 422
    assert fresh(cast).scopes == ["books:read", "books:write"]


def test_pasted_keys_are_contained_and_never_sent_back(cast: Cast, staff: Client) -> None:
    text = f"export KEY={cast.key.secret}\nand {mint_key('live')}"
    response = staff.post("/admin/leaks/", {"text": text, "url": "https://paste.example/1?t=2"})
    assert response.status_code == 303
    page = staff.get(response["Location"]).content.decode()
    assert "Key: quarantined to reading." in page
    assert "1 of 2 belongs to no key here" in page
    assert "https://paste.example/1" in page
    assert cast.key.secret not in page
    assert fresh(cast).state == "quarantined"
    assert LeakReport.objects.get().reporter == cast.staff.user.public_id
    again = staff.post("/admin/leaks/", {"text": text, "url": ""}, follow=True).content.decode()
    assert "Key: reported before, nothing changed." in again


def test_a_text_without_keys_is_refused_and_not_sent_back(cast: Cast, staff: Client) -> None:
    response = staff.post("/admin/leaks/", {"text": f"{cast.key.secret[:-1]}!", "url": ""})
    assert response.status_code == 422
    assert cast.key.secret[:-1] not in response.content.decode()
    assert LeakReport.objects.count() == 0
