"""A long import holds up nobody: reading its document is no part of the transaction, and its records are published in
small batches. So a revocation beside it is in force at once."""

import json
import threading
from typing import Any

import pytest
import redis
from django.db import connection

from catalog import reading_documents
from catalog.models import Version
from catalog.writes import import_document
from contract import valkey_keys
from contract.records import decode_record
from keys.writes import revoke_key
from tests.factories import (
    ACTOR,
    make_application,
    make_key,
    make_organisation,
    make_person,
    make_plan,
    make_version,
)

pytestmark = pytest.mark.django_db(transaction=True)
OPERATIONS = 60


def large_document() -> str:
    answer = {"200": {"description": "A thing"}}
    paths = {f"/things{number}": {"get": {"responses": answer}} for number in range(OPERATIONS)}
    return json.dumps({"openapi": "3.1.0", "info": {"title": "Large", "version": "1"}, "paths": paths})


class HeldUp:
    """An import that stops in the midst of reading until `go_on` is set."""

    def __init__(self, version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_reading, self.go_on = threading.Event(), threading.Event()
        self._version, self._answers = version, reading_documents.request_rules
        monkeypatch.setattr(reading_documents, "request_rules", self._slow_answers)
        self.thread = threading.Thread(target=self._import)

    def _slow_answers(self, *arguments: Any) -> Any:
        self.is_reading.set()
        assert self.go_on.wait(60)
        return self._answers(*arguments)

    def _import(self) -> None:
        import_document(self._version, large_document(), actor=ACTOR)
        connection.close()


def published_status(client: redis.Redis, public_id: str) -> str:
    text = client.get(valkey_keys.record("credential", public_id))
    assert isinstance(text, bytes)
    return str(decode_record("credential", text).body.status)


def test_a_revocation_is_in_force_while_an_import_reads_its_document(
    valkey_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = make_version()
    organisation = make_organisation(make_person("owner@bindery.example"))
    application = make_application(organisation, make_plan("starter", version), version.api)
    credential = make_key(application).credential
    importing = HeldUp(version, monkeypatch)
    importing.thread.start()
    assert importing.is_reading.wait(60)
    revoke_key(credential, actor=ACTOR)
    assert published_status(valkey_client, credential.public_id) == "revoked"
    assert importing.thread.is_alive()
    importing.go_on.set()
    importing.thread.join(60)
    assert version.operations.count() == OPERATIONS


def test_publishing_an_import_reads_the_versions_document_for_none_of_its_operations(
    valkey_client: redis.Redis, django_assert_max_num_queries: Any
) -> None:
    version = make_version()
    with django_assert_max_num_queries(10_000) as queries:
        import_document(version, large_document(), actor=ACTOR)
    built = [query["sql"] for query in queries.captured_queries if "SELECT" in query["sql"][:6]]
    assert sum('"catalog_version"."document"' in sql for sql in built) <= 2
