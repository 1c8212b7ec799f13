"""An import on its way: its states, what ends it, and that nothing is half done whatever happens."""

import json
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone

from audit.models import Event
from catalog import imports
from catalog.imports import approve, begin, forget_old, run, stop_abandoned
from catalog.models import ChangelogEntry, Import, Operation, Progress, Revision, Version
from catalog.writes import import_document, set_api
from portal import import_runner
from tests.factories import ACTOR, DOCUMENT, make_person, make_version

pytestmark = pytest.mark.django_db
RENAMED = DOCUMENT.replace("readBook", "showBook").encode()


@pytest.fixture
def version() -> Version:
    return make_version()


def begun(version: Version, text: bytes = RENAMED) -> Import:
    return begin(version, text, source="library.yaml", actor=ACTOR)


def progress(row: Import) -> str:
    row.refresh_from_db()
    return row.progress


def state(version: Version) -> tuple[object, ...]:
    return Version.objects.get(pk=version.pk).document, list(Operation.objects.values_list()), Revision.objects.count()


def test_it_is_read_then_shown_then_applied_by_the_person_who_approved(version: Version) -> None:
    person = make_person("staff@portcullis.example", is_staff=True)
    row = begun(version)
    run(row)
    assert (progress(row), row.upload, row.operation_count) == (Progress.READY, None, 3)
    assert row.changes == [["operation-id-changed", *row.changes[0][1:]]]
    approve(row, [], actor=ACTOR._replace(kind="user", id=person.public_id))
    run(row)
    assert (progress(row), row.packed, row.percent) == (Progress.APPLIED, None, 100)
    assert version.operations.filter(anchor="show-book").exists()
    assert Event.objects.filter(action="version.imported").latest("id").actor_id == person.public_id


def test_a_document_that_is_wrong_is_refused_with_all_its_problems_and_their_lines(version: Version) -> None:
    before = state(version)
    text = DOCUMENT.replace("{description: Books}", "{}").replace("{description: Added}", "{description: 3}")
    row = begun(version, text.encode())
    run(row)
    assert progress(row) == Progress.REFUSED
    assert [problem.partition(":")[0] for problem in row.problems] == ["Line 13, column 19", "Line 18, column 27"]
    assert state(version) == before


def test_a_process_that_dies_in_the_middle_leaves_the_version_as_it_was(
    version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(version)
    row = begun(version)
    run(row)
    row.refresh_from_db()
    approve(row, [], actor=ACTOR)

    def die(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("catalog.writes.keep_revision", die)
    with pytest.raises(MemoryError):
        run(row)
    assert (progress(row), state(version)) == (Progress.APPLYING, before)
    stop_abandoned()
    assert progress(row) == Progress.APPLYING
    Import.objects.update(moved_at=timezone.now() - timedelta(hours=1))
    stop_abandoned()
    assert progress(row) == Progress.STOPPED
    assert "Nothing was changed" in row.problems[0]


def test_what_was_stopped_meanwhile_is_not_finished(version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    row = begun(version)
    reading = imports.checked_document

    def stopped(text: bytes) -> dict[str, Any]:
        imports.stop(row, "stopped")
        return reading(text)

    monkeypatch.setattr(imports, "checked_document", stopped)
    run(row)
    assert (progress(row), row.packed) == (Progress.STOPPED, None)
    run(row)
    assert progress(row) == Progress.STOPPED


def test_the_worker_says_so_where_the_process_ends_badly(version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dead(subprocess.Popen[bytes]):
        """Takes the row and dies, as one that the kernel has killed."""

        def __init__(self, *_: Any) -> None:
            Import.objects.update(progress=Progress.READING)
            super().__init__([sys.executable, "-c", "import os; os.abort()"])

    monkeypatch.setattr(import_runner.subprocess, "Popen", Dead)
    row = begun(version)
    import_runner.run_waiting(threading.Event())
    assert progress(row) == Progress.STOPPED


def test_the_workers_command_reads_what_waits(version: Version) -> None:
    row = begun(version)
    call_command("run_import", row.public_id)
    assert progress(row) == Progress.READY
    Import.objects.update(moved_at=timezone.now() - timedelta(days=30))
    forget_old()
    assert not Import.objects.exists()


def test_a_document_that_changed_is_a_revision_and_an_entry_to_be_written(version: Version) -> None:
    import_document(version, DOCUMENT, actor=ACTOR)
    assert Revision.objects.count() == 1
    assert not ChangelogEntry.objects.exists()
    import_document(version, RENAMED, actor=ACTOR)
    entry = ChangelogEntry.objects.get()
    assert (entry.before.number, entry.after.number, entry.published_at) == (1, 2, None)
    assert make_version(name="v2").changelog.get().before == entry.after


def test_a_live_api_keeps_somebody_who_answers_for_it(version: Version) -> None:
    with pytest.raises(ValidationError, match="somebody answers for it"):
        set_api("library", actor=ACTOR, owner="")


def test_the_command_makes_api_and_version_and_proposes_scopes(tmp_path: Any, capsys: Any) -> None:
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Museum", "version": "1"},
        "servers": [{"url": "https://museum.example/v1/"}],
        "paths": {"/rooms": {"get": {"responses": {"200": {"description": "x"}}}}},
    }
    file = tmp_path / "museum.json"
    file.write_text(json.dumps(document))
    options = ["import_api", str(file), "--api", "museum", "--version", "v1"]
    with pytest.raises(Exception, match="--owner"):
        call_command(*options)
    call_command(*options, "--owner", "Halls <ada@museum.example>", "--json")
    version = Version.objects.get(name="v1")
    assert (version.api.owner, version.state) == ("Halls, ada@museum.example", "draft")
    assert version.upstream_url == "https://museum.example/v1"
    answer = json.loads(capsys.readouterr().out)
    assert (answer["proposed_scopes"], answer["is_same"]) == (["rooms:read"], False)
    assert version.operations.get().scope == "rooms:read"
    call_command(*options)
    assert "It is the document that the version had." in capsys.readouterr().out


def test_the_same_document_twice_is_said_to_be_the_same(version: Version) -> None:
    same, other = begun(version, DOCUMENT.encode()), begun(version)
    run(same)
    run(other)
    assert (progress(same), imports.is_same_document(same)) == (Progress.READY, True)
    assert imports.is_same_document(other) is False


def test_of_two_at_once_the_second_to_be_applied_is_refused(version: Version) -> None:
    one, two = begun(version), begun(version, RENAMED.replace(b"A book", b"One book"))
    for row in (one, two):
        run(row)
        row.refresh_from_db()
        approve(row, [], actor=ACTOR)
    run(one)
    run(two)
    assert (progress(one), progress(two)) == (Progress.APPLIED, Progress.REFUSED)
    assert "Somebody imported another document meanwhile" in two.problems[0]
    assert version.operations.get(anchor="show-book").path == "/books/{book_id}"
