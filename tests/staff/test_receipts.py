"""What a page says about how far a change is in force."""

import pytest
import redis
from django.test import Client

from audit import valkey as valkey_module
from audit.receipts import Receipt, answering_gateways, receipts_of
from contract import valkey_keys
from tests.cast import Cast
from tests.ground.servers import absent_valkey

NAME = ("plan:pln_1", 7)


def _beat(client: redis.Redis, *gateways: str, ago_ms: int = 0) -> int:
    seconds, microseconds = client.time()
    now_ms = seconds * 1000 + microseconds // 1000
    client.zadd(valkey_keys.GATEWAYS, dict.fromkeys(gateways, now_ms - ago_ms))
    return int(now_ms)


def _announce(client: redis.Redis, name: str, version: int, at_ms: int) -> str:
    entry = client.xadd(valkey_keys.FEED, {"n": name, "v": version}, id=f"{at_ms}-0")
    return str(entry.decode())


def _receive(client: redis.Redis, gateway: str, position: str, at_ms: int) -> None:
    client.xadd(valkey_keys.RECEIPTS, {"g": gateway, "p": position, "at": at_ms})


def test_a_receipt_says_when_each_gateway_applied_it(valkey_client: redis.Redis) -> None:
    now_ms = _beat(valkey_client, "a", "b")
    position = _announce(valkey_client, *NAME, at_ms=now_ms - 200)
    _receive(valkey_client, "a", position, now_ms - 90)
    assert receipts_of([NAME]) == [Receipt("a", 0.11), Receipt("b", None)]


def test_an_older_version_or_position_is_no_receipt(valkey_client: redis.Redis) -> None:
    now_ms = _beat(valkey_client, "a")
    before = _announce(valkey_client, NAME[0], NAME[1] - 1, at_ms=now_ms - 300)
    _receive(valkey_client, "a", before, now_ms - 250)
    assert receipts_of([NAME]) == [Receipt("a", None)]
    _announce(valkey_client, *NAME, at_ms=now_ms - 200)
    assert receipts_of([NAME]) == [Receipt("a", None)]


def test_all_records_of_a_change_must_be_announced(valkey_client: redis.Redis) -> None:
    now_ms = _beat(valkey_client, "a")
    position = _announce(valkey_client, *NAME, at_ms=now_ms - 200)
    _receive(valkey_client, "a", position, now_ms - 100)
    assert receipts_of([NAME, ("api:x", 1)]) == [Receipt("a", None)]


def test_a_silent_gateway_is_not_waited_for(valkey_client: redis.Redis) -> None:
    _beat(valkey_client, "old", ago_ms=valkey_keys.GATEWAY_DEAD_AFTER_SECONDS * 1000 + 500)
    _beat(valkey_client, "new")
    assert answering_gateways() == ["new"]


@pytest.mark.django_db(transaction=True)
def test_a_change_without_gateways_says_so(cast: Cast, staff: Client) -> None:
    page = _suspend(cast, staff)
    assert "Published; no gateway answers just now." in page


@pytest.mark.django_db(transaction=True)
def test_a_gateway_that_lags_is_told_apart(cast: Cast, staff: Client, valkey_client: redis.Redis) -> None:
    _beat(valkey_client, "slow")
    assert "in force at 0 of 1 gateways so far" in _suspend(cast, staff)


@pytest.mark.django_db(transaction=True)
def test_every_console_opens_and_writes_while_valkey_is_lost(
    cast: Cast, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = absent_valkey()
    monkeypatch.setattr(valkey_module, "_client", lambda _url: lost)
    for path in ("/admin/", "/admin/apis/", "/admin/calls/", "/admin/keys/"):
        page = staff.get(path)
        assert page.status_code == 200
        assert "Valkey does not answer" in page.content.decode()
    page = _suspend(cast, staff)
    assert "it will be published when Valkey is back" in page
    cast.organisation.refresh_from_db()
    assert cast.organisation.status == "suspended"


def _suspend(cast: Cast, staff: Client) -> str:
    path = f"/admin/consumers/{cast.organisation.public_id}/suspend/"
    response = staff.post(path, {"reason": "Test"}, follow=True)
    return str(response.content.decode())
