"""From the call streams to the log: each call one row, whatever dies in between and however often it is read."""

import threading

import pytest
import redis
from django.db import connection

from accounts.models import Application
from analytics import ingest, reaping
from analytics.ingest import ingest_waiting, rewind
from analytics.models import Call, StreamPosition
from analytics.reaping import reap_dead_gateways
from contract import valkey_keys
from contract.calls import CallRow, encode_row
from tests.factories import make_organisation, make_person

pytestmark = pytest.mark.django_db


def row(request_id: str, **values: object) -> CallRow:
    fixed: dict[str, object] = {
        "at_ms": 1_760_000_000_000,
        "organisation": "org_1",
        "application": "app_1",
        "credential": "key_1",
        "environment": "test",
        "gateway": "gw-1",
        "method": "GET",
        "path": "/library/v1/books",
        "outcome": "answered",
        "status": 200,
    }
    return CallRow(request_id=request_id, **{**fixed, **values})  # type: ignore[arg-type]


def put(client: redis.Redis, slot: int, *rows: CallRow | bytes) -> None:
    for item in rows:
        client.xadd(valkey_keys.call_stream(slot), {"r": item if isinstance(item, bytes) else encode_row(item)})


def left(client: redis.Redis, slot: int = 1) -> int:
    return int(client.xlen(valkey_keys.call_stream(slot)))  # type: ignore[arg-type]


def test_calls_of_all_slots_become_rows_and_leave_the_streams(valkey_client: redis.Redis) -> None:
    for slot in range(valkey_keys.SLOTS):
        put(valkey_client, slot, row(f"call-{slot}"))
    assert ingest_waiting() == valkey_keys.SLOTS
    assert Call.objects.count() == valkey_keys.SLOTS
    assert [left(valkey_client, slot) for slot in range(valkey_keys.SLOTS)] == [0] * valkey_keys.SLOTS
    assert ingest_waiting() == 0


def test_a_row_keeps_every_fact(valkey_client: redis.Redis) -> None:
    facts = {"masked": ("$.email",), "bytes_out": 3_000_000_000, "shadow": True, "upstream_status": 200, "cost": 3}
    put(valkey_client, 1, row("call-1", **facts))
    ingest_waiting()
    call = Call.objects.get()
    assert (call.masked, call.bytes_out, call.is_shadow, call.cost) == (["$.email"], 3_000_000_000, True, 3)
    assert call.at.isoformat() == "2025-10-09T08:53:20+00:00"


def test_the_same_call_twice_is_one_row(valkey_client: redis.Redis) -> None:
    put(valkey_client, 1, row("call-1"), row("call-1", status=500))
    put(valkey_client, 2, row("call-1"))
    ingest_waiting()
    assert Call.objects.count() == 1


def test_a_crash_between_commit_and_trim_repeats_nothing(
    valkey_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(valkey_client, 1, row("call-1"), row("call-2"))
    with monkeypatch.context() as patched:
        patched.setattr(ingest, "_after", crash)
        with pytest.raises(SystemExit):
            ingest_waiting()
    assert (Call.objects.count(), left(valkey_client)) == (2, 2)
    put(valkey_client, 1, row("call-3"))
    assert ingest_waiting() == 1
    assert (Call.objects.count(), left(valkey_client)) == (3, 0)


def test_a_crash_before_the_commit_loses_nothing(valkey_client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    put(valkey_client, 1, row("call-1"))
    with monkeypatch.context() as patched:
        patched.setattr(ingest, "_note_first_calls", crash)
        with pytest.raises(SystemExit):
            ingest_waiting()
    assert (Call.objects.count(), left(valkey_client)) == (0, 1)
    assert ingest_waiting() == 1


def crash(*_arguments: object) -> None:
    raise SystemExit


@pytest.mark.parametrize(
    "poison",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"request_id": "x"}',
        encode_row(row("x", at_ms=10**18)),
        encode_row(row("x", at_ms=-(10**18))),
        encode_row(row("x", duration_us=-1)),
        encode_row(row("x", bytes_in=2**80)),
    ],
)
def test_a_row_that_cannot_be_kept_stops_no_other(valkey_client: redis.Redis, poison: bytes) -> None:
    put(valkey_client, 1, row("call-1"), poison, row("call-2"))
    assert ingest_waiting() == 2
    assert left(valkey_client) == 0
    assert set(Call.objects.values_list("request_id", flat=True)) == {"call-1", "call-2"}


def test_an_entry_without_a_row_stops_no_other(valkey_client: redis.Redis) -> None:
    valkey_client.xadd(valkey_keys.call_stream(1), {"other": "thing"})
    put(valkey_client, 1, row("call-1"))
    assert ingest_waiting() == 1


def test_texts_longer_than_their_columns_are_cut(valkey_client: redis.Redis) -> None:
    put(valkey_client, 1, row("call-1", path="/" + "x" * 5000, user_agent="y" * 900, method="Z" * 60))
    ingest_waiting()
    call = Call.objects.get()
    assert (len(call.path), len(call.user_agent), len(call.method)) == (2048, 200, 16)


def test_after_a_rewind_known_calls_are_not_repeated_and_new_low_numbers_are_read(valkey_client: redis.Redis) -> None:
    stream = valkey_keys.call_stream(1)
    valkey_client.xadd(stream, {"r": encode_row(row("call-1"))}, id="9000000000000-0")
    ingest_waiting()
    valkey_client.delete(stream)
    valkey_client.xadd(stream, {"r": encode_row(row("call-1"))}, id="1000-0")
    valkey_client.xadd(stream, {"r": encode_row(row("call-2"))}, id="1000-1")
    assert ingest_waiting() == 0
    rewind()
    assert ingest_waiting() == 1
    assert Call.objects.count() == 2


def test_the_first_answered_call_is_noted_once(valkey_client: redis.Redis) -> None:
    application = Application.objects.create(
        organisation=make_organisation(make_person("owner@bindery.example")), name="A"
    )
    put(valkey_client, 1, row("call-1", application=application.public_id, outcome="refused"))
    ingest_waiting()
    application.refresh_from_db()
    assert application.first_call_at is None
    put(valkey_client, 1, row("call-2", application=application.public_id))
    ingest_waiting()
    application.refresh_from_db()
    first = application.first_call_at
    assert first is not None
    put(valkey_client, 1, row("call-3", application=application.public_id))
    ingest_waiting()
    application.refresh_from_db()
    assert application.first_call_at == first


def test_arrivals_name_the_application_after_its_rows_can_be_read(valkey_client: redis.Redis) -> None:
    listener = valkey_client.pubsub()
    listener.subscribe(valkey_keys.ARRIVALS)
    assert listener.get_message(timeout=5)["type"] == "subscribe"  # type: ignore[index]
    put(valkey_client, 1, row("call-1"), row("call-2"))
    ingest_waiting()
    assert listener.get_message(timeout=5)["data"] == b"app_1"  # type: ignore[index]
    listener.close()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_each_call_once(valkey_client: redis.Redis) -> None:
    for slot in range(8):
        put(valkey_client, slot, *(row(f"call-{slot}-{number}") for number in range(25)))
    counts, errors = [], []

    def work() -> None:
        try:
            for _ in range(4):
                counts.append(ingest_waiting())
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sum(counts) == Call.objects.count() == 200
    assert StreamPosition.objects.filter(position="0-0").count() == 0


def open_call(client: redis.Redis, request_id: str, gateway: str) -> None:
    text = encode_row(row(request_id, gateway=gateway, outcome="unknown", status=0))
    client.hset(valkey_keys.open_calls(1), request_id, text)


def test_open_calls_of_a_dead_gateway_become_unknown_and_those_of_a_living_one_stay(
    valkey_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaping, "_just_started", lambda: False)
    seconds = valkey_client.time()[0]  # type: ignore[index]
    valkey_client.zadd(valkey_keys.GATEWAYS, {"alive": seconds * 1000, "dead": (seconds - 60) * 1000})
    for number in range(1200):
        open_call(valkey_client, f"call-{number}", "dead" if number % 2 else "alive")
    assert reap_dead_gateways() == 600
    assert reap_dead_gateways() == 0
    assert ingest_waiting() == 600
    assert set(Call.objects.values_list("outcome", "gateway")) == {("unknown", "dead")}
    assert valkey_client.hlen(valkey_keys.open_calls(1)) == 600


def test_nothing_is_reaped_while_gateways_had_no_time_to_be_heard(
    valkey_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_call(valkey_client, "call-1", "not heard yet")
    monkeypatch.setattr(valkey_keys, "GATEWAY_DEAD_AFTER_SECONDS", 10_000_000)
    assert reap_dead_gateways() == 0
    assert valkey_client.hlen(valkey_keys.open_calls(1)) == 1
