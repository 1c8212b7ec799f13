"""From commit to Valkey: only what is newer, nothing lost in a crash, everything again after a restart."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.db import connection, transaction

from accounts.models import Organisation
from accounts.writes import (
    create_application,
    rename_application,
    rename_organisation,
    set_organisation_status,
)
from audit import publishing, valkey
from audit.actors import SYSTEM
from audit.models import PublishedRecord
from audit.publishing import is_complete, is_published, publish, republish, sweep
from audit.writing import write
from contract import valkey_keys
from contract.records import Record, decode_record
from contract.scripts import PUBLISH
from contract.settings import settings
from tests.factories import make_organisation, make_person
from tests.ground.servers import running_valkey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation(make_person("owner@bindery.example"))


@pytest.fixture
def other_valkey(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An address at which nobody listens until the test starts a server there."""
    socket_path = Path(f"/tmp/pct-{tmp_path_factory.getbasetemp().name}-{id(monkeypatch):x}.sock")
    monkeypatch.setattr(settings(), "redis_url", f"unix://{socket_path}")
    yield socket_path
    valkey._client(f"unix://{socket_path}").close()
    socket_path.unlink(missing_ok=True)
    socket_path.with_suffix(".log").unlink(missing_ok=True)


def stored(client: redis.Redis, organisation: Organisation) -> tuple[int, str]:
    text = client.get(valkey_keys.record("organisation", organisation.public_id))
    assert isinstance(text, bytes)
    record = decode_record("organisation", text)
    return record.version, record.body.status


def feed(client: redis.Redis) -> list[tuple[str, int]]:
    entries = client.xrange(valkey_keys.FEED)
    return [(fields[b"n"].decode(), int(fields[b"v"])) for _, fields in entries]  # type: ignore[union-attr]


def test_a_commit_writes_the_record_and_announces_it(organisation: Organisation, valkey_client: redis.Redis) -> None:
    set_organisation_status(organisation, "suspended", actor=SYSTEM)
    assert stored(valkey_client, organisation) == (2, "suspended")
    assert feed(valkey_client)[-1] == (f"organisation:{organisation.public_id}", 2)
    assert is_published("organisation", organisation.public_id)


def test_a_rolled_back_write_is_not_published(organisation: Organisation, valkey_client: redis.Redis) -> None:
    @transaction.atomic
    def fail_afterwards() -> None:
        set_organisation_status(organisation, "suspended", actor=SYSTEM)
        raise ValueError

    with pytest.raises(ValueError):
        fail_afterwards()
    assert stored(valkey_client, organisation) == (1, "active")


def test_an_older_text_never_replaces_a_newer_one(organisation: Organisation, valkey_client: redis.Redis) -> None:
    key = valkey_keys.record("organisation", organisation.public_id)
    older = valkey_client.get(key)
    set_organisation_status(organisation, "suspended", actor=SYSTEM)
    assert valkey_client.eval(PUBLISH.text, 1, key, 1, older) == 0  # type: ignore[arg-type]
    assert stored(valkey_client, organisation) == (2, "suspended")


def test_what_a_crash_left_between_commit_and_publish_is_swept(
    organisation: Organisation, valkey_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_batch: object) -> int:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "_publish_batch", crash)
        with pytest.raises(SystemExit):
            set_organisation_status(organisation, "suspended", actor=SYSTEM)
    assert stored(valkey_client, organisation) == (1, "active")
    assert sweep() == 1
    assert stored(valkey_client, organisation) == (2, "suspended")
    assert sweep() == 0


def test_a_crash_after_writing_and_before_noting_it_is_swept_too(
    organisation: Organisation, valkey_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_row: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "_note_published", crash)
        with pytest.raises(SystemExit):
            set_organisation_status(organisation, "suspended", actor=SYSTEM)
    assert not is_published("organisation", organisation.public_id)
    assert sweep() == 1
    name = f"organisation:{organisation.public_id}"
    assert [version for entry, version in feed(valkey_client) if entry == name] == [1, 2, 2]


def test_without_valkey_a_write_succeeds_and_is_published_later(organisation: Organisation, other_valkey: Path) -> None:
    set_organisation_status(organisation, "suspended", actor=SYSTEM)
    organisation.refresh_from_db()
    assert organisation.status == "suspended"
    assert not is_published("organisation", organisation.public_id)
    with running_valkey(other_valkey):
        assert sweep() == 1
        assert stored(redis.Redis(unix_socket_path=str(other_valkey)), organisation) == (2, "suspended")


def test_a_valkey_that_restarts_empty_is_filled_anew_under_a_new_epoch(
    organisation: Organisation, other_valkey: Path
) -> None:
    with running_valkey(other_valkey):
        assert not is_complete()
        republish()
        assert is_complete()
        first_epoch = valkey.valkey().get(valkey_keys.EPOCH)
    with running_valkey(other_valkey):
        assert not is_complete()
        assert republish() == PublishedRecord.objects.count()
        assert is_complete()
        assert valkey.valkey().get(valkey_keys.EPOCH) != first_epoch
        assert stored(valkey.valkey(), organisation) == (1, "active")


def test_an_epoch_of_an_earlier_run_does_not_count(organisation: Organisation, valkey_client: redis.Redis) -> None:
    republish()
    valkey_client.set(valkey_keys.EPOCH, "0123456789abcdef:another-run")
    assert not is_complete()


def test_a_record_that_cannot_be_built_holds_up_no_other(
    organisation: Organisation, valkey_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = create_application(organisation, "A", actor=SYSTEM)

    def broken(_record_id: str) -> None:
        raise KeyError("a mistake of ours")

    with monkeypatch.context() as patched:
        patched.setitem(publishing._builders, "application", broken)
        rename_application(application, "B", actor=SYSTEM)
        names = [("application", application.public_id), ("organisation", organisation.public_id)]
        assert publish(names) == 1
    assert not is_published("application", application.public_id)
    assert sweep() == 1
    assert is_published("application", application.public_id)


def test_a_record_is_read_in_one_piece_while_somebody_writes(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that begins while the record is read waits: no gateway gets half of its change."""
    seen: list[tuple[str, str]] = []
    build = publishing._builders["organisation"]

    @write
    def change_both() -> None:
        set_organisation_status(organisation, "suspended", actor=SYSTEM)
        rename_organisation(organisation, "Bindery and Sons", actor=SYSTEM)

    def writer() -> None:
        change_both()
        connection.close()

    thread = threading.Thread(target=writer)

    def slow_build(record_id: str) -> Record | None:
        name = Organisation.objects.get().name
        if not seen and not thread.is_alive():
            thread.start()
            thread.join(timeout=0.5)
        seen.append((name, Organisation.objects.get().status))
        return build(record_id)

    monkeypatch.setitem(publishing._builders, "organisation", slow_build)
    publish([("organisation", organisation.public_id)])
    thread.join()
    assert seen == [("Bindery", "active"), ("Bindery and Sons", "suspended")]


def test_a_record_of_what_is_gone_is_a_tombstone(organisation: Organisation, valkey_client: redis.Redis) -> None:
    application = create_application(organisation, "A", actor=SYSTEM)
    application.delete()
    publish([("application", application.public_id)])
    republish()
    PublishedRecord.objects.filter(kind="application").update(version=2)
    sweep()
    text = valkey_client.get(valkey_keys.record("application", application.public_id))
    assert decode_record("application", text) == (2, None)  # type: ignore[arg-type]


def test_more_records_than_a_batch_are_all_published(
    organisation: Organisation, valkey_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "BATCH_RECORDS", 3)
    monkeypatch.setattr(publishing, "SWEEP_LIMIT", 4)
    for number in range(10):
        create_application(organisation, f"A{number}", actor=SYSTEM)
    valkey_client.flushall()
    # The applications, the organisation and its owner's membership.
    assert republish() == 12
    assert len(valkey_client.keys("pc:r:*")) == 12  # type: ignore[arg-type]
