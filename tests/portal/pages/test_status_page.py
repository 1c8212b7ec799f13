"""`/status/`, `/healthz`, `/readyz`: what they say, and that they go on saying it when parts are gone."""

import json
import time

import pytest
import redis
from django.db import OperationalError, connections

from analytics.backlog import log_backlog
from analytics.ingest import ingest_waiting
from audit.models import PublishedRecord
from contract import valkey_keys
from contract.calls import CallRow, encode_row
from portal import vital_signs
from portal.pages.status import changes_part, gateways_part, log_part
from portal.vital_signs import Gateways
from tests.factories import make_person
from tests.ground.servers import absent_valkey
from tests.portal.pages.reading import read, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_valkey(monkeypatch):
    """A Valkey that is not there."""
    absent = absent_valkey()
    monkeypatch.setattr("portal.vital_signs.valkey", lambda: absent)
    monkeypatch.setattr("analytics.backlog.valkey", lambda: absent)


@pytest.fixture
def no_database(monkeypatch):
    """A database that answers no query."""

    def refuse(*_args, **_options):
        raise OperationalError("secret host db.internal refused")

    # The class: whether the database answers is asked on a connection apart.
    monkeypatch.setattr(type(connections["default"]), "cursor", refuse)


def row(request_id: str) -> bytes:
    return encode_row(CallRow(request_id, 1, "org", "app", "key", "test", "gw", "GET", "/"))


def beat(client: redis.Redis, name: str, seconds_ago: float) -> None:
    client.zadd(valkey_keys.GATEWAYS, {name: (time.time() - seconds_ago) * 1000})


def test_all_is_well(client, valkey_client):
    beat(valkey_client, "one", 0)
    beat(valkey_client, "two", 1)
    page = words(read(client, "/status/"))
    assert "Gateways 2 answering" in page
    assert "Database Answering" in page
    assert "Valkey Answering" in page
    assert "Call log Up to date" in page
    assert "Changes All in force" in page


def test_gateways_that_fell_silent_are_counted_and_old_ones_forgotten(client, valkey_client):
    beat(valkey_client, "one", 0)
    beat(valkey_client, "silent", 60)
    beat(valkey_client, "gone", 86_400)
    assert "Gateways 1 answering 1 stopped in the last hour." in words(read(client, "/status/"))


def test_no_gateway_at_all_is_critical(client):
    assert "None answering" in words(read(client, "/status/"))
    assert gateways_part(Gateways(0, 3)).kind == "critical"


def test_the_page_works_without_valkey(client, no_valkey):
    page = words(read(client, "/status/"))
    assert "Gateways Not known" in page
    assert "Valkey Not answering" in page
    assert "Call log Not known" in page
    assert "Database Answering" in page


def test_the_page_works_without_the_database_for_people_signed_in_too(client, request):
    client.force_login(make_person("ada@bindery.example"))
    request.getfixturevalue("no_database")
    page = read(client, "/status/")
    assert "Database Not answering" in words(page)
    assert "Changes Not known" in words(page)
    assert "db.internal" not in page


def test_a_worker_that_is_behind_shows(client, valkey_client):
    stream = valkey_keys.call_stream(3)
    valkey_client.xadd(stream, {"r": row("a")}, id=f"{int((time.time() - 30) * 1000)}-1")
    valkey_client.xadd(stream, {"r": row("b")})
    backlog = log_backlog()
    assert backlog.calls == 2
    assert 29 <= backlog.oldest_seconds <= 60
    assert "s behind 2 calls wait in Valkey to be written." in words(read(client, "/status/"))
    ingest_waiting()
    assert log_backlog() == (0, 0.0)


@pytest.mark.parametrize(("seconds", "kind"), [(0, "ok"), (4.9, "ok"), (5, "warn"), (59, "warn"), (60, "critical")])
def test_the_word_for_the_log_follows_its_delay(seconds, kind):
    from analytics.backlog import Backlog

    assert log_part(Backlog(1, seconds)).kind == kind


def test_changes_that_no_gateway_knows_are_counted(client):
    PublishedRecord.objects.create(kind="plan", record_id="pln_1", version=2, published_version=1)
    assert vital_signs.unpublished_changes() == 1
    assert changes_part(1).kind == "warn"
    assert "Changes 1 on their way" in words(read(client, "/status/"))


def test_the_process_is_healthy_whatever_else_is_gone(client, no_valkey, no_database):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response.headers["Cache-Control"]


def test_ready_with_everything(client):
    assert client.get("/readyz").json() == {"status": "ready"}


def test_not_ready_without_valkey(client, no_valkey):
    assert_not_ready(client.get("/readyz"), "The portal cannot work without Valkey.")


def test_not_ready_without_the_database_and_nothing_internal_leaks(client, no_database):
    assert_not_ready(client.get("/readyz"), "The portal cannot work without the database.")


def assert_not_ready(response, detail: str) -> None:
    assert response.status_code == 503
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Retry-After"] == "5"
    body = json.loads(response.content)
    assert body["detail"] == detail
    assert body["request_id"] == response.headers["X-Request-Id"]
    assert "db.internal" not in response.content.decode()


@pytest.mark.parametrize(("address", "status"), [("/healthz", 200), ("/readyz", 200), ("/status/", 301)])
def test_programs_may_ask_without_tls_where_people_may_not(client, settings, address, status):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(address).status_code == status


@pytest.mark.parametrize("address", ["/status/", "/healthz", "/readyz"])
def test_they_are_only_read(client, address):
    assert client.post(address).status_code == 405
