"""A key whose calls may ask where their time went: set by staff or an operator, told to the gateways."""

import pytest
from django.test import Client

from audit.models import Event
from keys.models import Credential
from keys.records import build_credential
from keys.writes import revoke_key
from tests.cast import Cast
from tests.factories import ACTOR, make_key
from tests.portal.commanding import run

pytestmark = pytest.mark.django_db


def test_staff_allow_it_and_end_it(cast: Cast, staff: Client) -> None:
    key = make_key(cast.application).credential
    path = f"/admin/keys/{key.public_id}/debug/"
    for is_debug in (True, False):
        assert staff.post(path, {"reason": "slow calls"}).status_code == 303
        record = build_credential(key.public_id)
        assert record is not None
        assert record.debug is is_debug
    assert [event.changes["is_debug"] for event in Event.objects.filter(action="key.debug_set").order_by("id")] == [
        [False, True],
        [True, False],
    ]
    assert staff.post(path, {"reason": ""}).status_code == 422


def test_it_rejects_a_revoked_key(cast: Cast, staff: Client) -> None:
    key = make_key(cast.application).credential
    revoke_key(key, actor=ACTOR)
    response = staff.post(f"/admin/keys/{key.public_id}/debug/", {"reason": "slow calls"})
    assert response.status_code == 422
    assert not Credential.objects.get(pk=key.pk).is_debug


def test_an_operator_makes_one(cast: Cast) -> None:
    arguments = ["key_create", "--application", cast.application.public_id, "--name", "n", "--environment", "test"]
    assert run(*arguments).status == 0
    assert not Credential.objects.latest("id").is_debug
    assert run(*arguments, "--debug").status == 0
    assert Credential.objects.latest("id").is_debug
