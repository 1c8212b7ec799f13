"""Consumers, applications, subscriptions and keys."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation
from audit.models import Event
from keys.models import Credential
from keys.writes import revoke_key
from plans.models import Subscription
from tests.cast import Cast
from tests.factories import ACTOR, make_key, make_plan, make_version
from tests.logged import make_call

REASON = {"reason": "Reads patients in the order of their ids."}


def test_suspending_an_organisation_keeps_the_reason_and_touches_nobody_else(cast: Cast, staff: Client) -> None:
    path = f"/admin/consumers/{cast.organisation.public_id}"
    assert staff.post(f"{path}/suspend/", REASON).status_code == 303
    assert Organisation.objects.get(name="Bindery").status == "suspended"
    assert Organisation.objects.get(name="Elsewhere").status == "active"
    event = Event.objects.get(action="organisation.suspended")
    assert event.reason == REASON["reason"]
    assert event.actor_id == cast.staff.user.public_id
    assert staff.post(f"{path}/resume/", REASON).status_code == 303
    assert Organisation.objects.get(name="Bindery").status == "active"


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_suspending_without_a_reason_changes_nothing(cast: Cast, staff: Client, reason: str) -> None:
    path = f"/admin/consumers/{cast.organisation.public_id}/suspend/"
    assert staff.post(path, {"reason": reason}).status_code == 422
    assert Organisation.objects.get(name="Bindery").status == "active"


def test_opening_a_page_that_asks_why_does_nothing(cast: Cast, staff: Client) -> None:
    staff.get(f"/admin/consumers/{cast.organisation.public_id}/suspend/")
    staff.get(f"/admin/keys/{cast.key.credential.public_id}/revoke/")
    assert Organisation.objects.get(name="Bindery").status == "active"
    assert Credential.objects.get(pk=cast.key.credential.pk).status == "active"


def test_consumers_are_found_by_name_and_status(cast: Cast, staff: Client) -> None:
    found = staff.get("/admin/consumers/?q=bind").content.decode()
    assert "Bindery" in found
    assert "Elsewhere" not in found
    assert "No organisation fits." in staff.get("/admin/consumers/?status=suspended").content.decode()
    assert staff.get("/admin/consumers/?status=x&page=-1&q=%27%22").status_code == 200


def test_a_subscription_changes_plan_in_the_same_row(cast: Cast, staff: Client) -> None:
    gold = make_plan("gold", cast.version)
    before = cast.application.subscriptions.get()
    path = f"/admin/subscriptions/{before.public_id}/"
    assert staff.post(path, {"plan": gold.public_id, "status": "active"}).status_code == 303
    after = cast.application.subscriptions.get()
    assert (after.pk, after.plan) == (before.pk, gold)


def test_a_new_plan_and_a_suspension_come_into_force_together(cast: Cast, staff: Client) -> None:
    gold = make_plan("gold", cast.version)
    subscription = cast.application.subscriptions.get()
    data = {"plan": gold.public_id, "status": "suspended", **REASON}
    assert staff.post(f"/admin/subscriptions/{subscription.public_id}/", data).status_code == 303
    subscription.refresh_from_db()
    assert (subscription.plan, subscription.status) == (gold, "suspended")


def test_ending_a_subscription_asks_why(cast: Cast, staff: Client) -> None:
    subscription = cast.application.subscriptions.get()
    path, plan = f"/admin/subscriptions/{subscription.public_id}/", cast.plan.public_id
    assert staff.post(path, {"plan": plan, "status": "ended"}).status_code == 422
    assert Subscription.objects.get(pk=subscription.pk).status == "active"
    assert staff.post(path, {"plan": plan, "status": "ended", **REASON}).status_code == 303
    assert Event.objects.get(action="subscription.ended").reason == REASON["reason"]


def test_a_plan_that_opens_nothing_of_the_api_is_refused(cast: Cast, staff: Client) -> None:
    foreign = make_plan("foreign", make_version("museum"))
    subscription = cast.application.subscriptions.get()
    data = {"plan": foreign.public_id, "status": "active"}
    response = staff.post(f"/admin/subscriptions/{subscription.public_id}/", data)
    assert response.status_code == 422
    assert "covers no version" in response.content.decode()
    assert cast.application.subscriptions.get().plan == cast.plan


def test_an_application_is_subscribed_to_a_second_api(cast: Cast, staff: Client) -> None:
    version = make_version("museum")
    plan = make_plan("visitor", version)
    path = f"/admin/consumers/applications/{cast.application.public_id}/subscribe/"
    data = {"api": version.api.public_id, "plan": plan.public_id}
    assert staff.post(path, data).status_code == 303
    assert cast.application.subscriptions.filter(plan=plan, api=version.api).exists()


def test_revoking_a_key_leaves_the_application_its_other_keys(cast: Cast, staff: Client) -> None:
    other = make_key(cast.application, "Other")
    path = f"/admin/keys/{cast.key.credential.public_id}/revoke/"
    response = staff.post(path, REASON)
    assert response.status_code == 303
    assert "is revoked" in staff.get(response["Location"]).content.decode()
    assert Credential.objects.get(pk=cast.key.credential.pk).status == "revoked"
    assert Credential.objects.get(pk=other.credential.pk).status == "active"
    assert Event.objects.get(action="key.revoked").reason == REASON["reason"]


def test_a_key_is_found_by_what_may_be_shown_of_it(cast: Cast, staff: Client) -> None:
    stub = cast.key.credential.secrets.get()
    make_key(cast.strangers_application, "Unrelated")
    for text in (
        stub.prefix,
        stub.last4,
        str(stub).replace("…", ""),
        "Reader",
        "Bindery",
        cast.key.credential.public_id,
    ):
        page = staff.get("/admin/keys/", {"q": text}).content.decode()
        assert cast.key.credential.public_id in page, text


def test_no_page_holds_more_of_a_secret_than_its_stub(cast: Cast, staff: Client) -> None:
    secret = cast.key.secret
    for path in ("/admin/keys/", f"/admin/keys/{cast.key.credential.public_id}/", "/admin/"):
        page = staff.get(path).content.decode()
        assert secret not in page
        assert secret[12:30] not in page
    page = staff.get("/admin/keys/", {"q": secret}).content.decode()
    assert page.count(secret) <= 3, "only where the reader typed it"


def test_keys_are_filtered_by_state_environment_and_use(cast: Cast, staff: Client) -> None:
    used, revoked = make_key(cast.application, "Used key"), make_key(cast.application, "Revoked key")
    expired = make_key(cast.application, "Expired key")
    Credential.objects.filter(pk=expired.credential.pk).update(expires_at=timezone.now() - timedelta(days=1))
    revoke_key(revoked.credential, actor=ACTOR)
    make_call(cast, credential=used.credential.public_id)

    def shown(query: str) -> set[str]:
        page = staff.get(f"/admin/keys/?{query}").content.decode()
        keys = (used, revoked, expired)
        return {key.credential.name for key in keys if key.credential.public_id in page}

    assert shown("state=revoked") == {"Revoked key"}
    assert shown("state=expired") == {"Expired key"}
    assert shown("state=active") == {"Used key"}
    assert shown("used=recent") == {"Used key"}
    assert shown("used=never") == {"Expired key"}
    assert shown("used=idle") == set(), "made just now"
    Credential.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert shown("used=idle") == {"Expired key"}
    assert shown("environment=live") == set()
    assert shown(f"application={cast.strangers_application.public_id}") == set()
    assert shown("state=nonsense") == set()
