"""The worker's threads outlive a lost server and a mistake of ours: a worker that looks alive must publish."""

import threading

import pytest
import redis
from django.db import OperationalError

from analytics.models import Call, StreamPosition
from audit.publishing import is_complete
from contract import valkey_keys
from contract.calls import CallRow, encode_row
from portal.management.commands import worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("error", [redis.ConnectionError("gone"), OperationalError("gone"), ValueError("ours")])
def test_a_step_that_fails_is_repeated(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(worker, "PAUSE_AFTER_ERROR_SECONDS", 0)
    stop, runs = threading.Event(), []

    def step(stop: threading.Event) -> None:
        runs.append(len(runs))
        if len(runs) < 3:
            raise error
        stop.set()

    worker._repeat(step, stop)
    assert runs == [0, 1, 2]


def test_after_a_restart_of_valkey_everything_is_published_and_the_streams_are_read_anew() -> None:
    stop = threading.Event()
    stop.set()
    StreamPosition.objects.create(slot=1, position="9000000000000-0")
    worker._publish(stop)
    assert is_complete()
    assert StreamPosition.objects.get(slot=1).position == "0-0"


def test_draining_writes_what_waits(valkey_client: redis.Redis) -> None:
    row = CallRow("r", 1_760_000_000_000, "o", "a", "k", "test", "g", "GET", "/x")
    valkey_client.xadd(valkey_keys.call_stream(7), {"r": encode_row(row)})
    worker._drain(threading.Event())
    assert Call.objects.get().request_id == "r"
