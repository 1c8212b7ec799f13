"""An import from its begin to its end: read beside everything else, shown, then applied as a whole or not at all.

Reading may take a minute and runs in a process of its own, or at once for a small document. Whatever dies in the
middle leaves a row that says so, and the version as it was.
"""

import contextlib
import zlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.actors import user_actor
from accounts.models import User
from audit.actors import SYSTEM, Actor
from audit.writing import Conflict, record_event, write
from catalog.diff.compare import diff
from catalog.import_models import unpack
from catalog.models import Import, Progress, Revision, Version
from catalog.problems import DocumentError
from catalog.reading_documents import ReadDocument, checked_document, with_rules
from catalog.scopes import SCOPE, Key, Proposal, chosen, propose
from catalog.writes import import_read
from catalog.yaml_text import MOST_BYTES

SMALL_BYTES = 128 * 1024
"""Up to here a document is read while the page is asked for."""
LONGEST_SECONDS = 120
KEPT_FOR = timedelta(days=7)
MOST_CHANGES = 500
MOST_NAMED = 20
_RUNNING = {Progress.WAITING: Progress.READING, Progress.APPROVED: Progress.APPLYING}
STOPPED_TEXT = "The process that worked on it ended. Nothing was changed; import the document again."


@write
def begin(version: Version, text: bytes, *, source: str, actor: Actor) -> Import:
    """Keep a text to be read. Raises ValidationError."""
    if len(text) > MOST_BYTES:
        raise ValidationError({"document": f"The text is larger than {MOST_BYTES // 1024 // 1024} MiB."})
    row = Import.objects.create(version=version, source=source[:200], upload=zlib.compress(text), size_bytes=len(text))
    record_event(actor, "import.begun", row)
    return row


def run(row: Import) -> None:
    """Do what the row waits for; a row that waits for nothing, or that another process has taken, stays as it is."""
    row.refresh_from_db()
    before = Progress(row.progress)
    if before in _RUNNING and _move(row, (before,), progress=_RUNNING[before]):
        with contextlib.suppress(_Taken):
            (_read if before == Progress.WAITING else _apply)(row)


class _Taken(Exception):
    """Somebody else ended the import meanwhile."""


def _move(row: Import, states: Sequence[str], **values: Any) -> bool:
    """Note how far it is, where it still stands in one of the states. Where an import stands is nobody's act."""
    values["moved_at"] = timezone.now()
    return bool(Import.objects.filter(pk=row.pk, progress__in=states).update(**values))


def _note(row: Import, state: str, step: str, percent: int) -> None:
    if not _move(row, (state,), step=step, percent=percent):
        raise _Taken


def _read(row: Import) -> None:
    _note(row, Progress.READING, "Reading and checking the text", 5)
    try:
        document = checked_document(zlib.decompress(row.upload or b""))
    except DocumentError as error:
        problems = [str(problem) for problem in error.problems]
        _move(row, (Progress.READING,), progress=Progress.REFUSED, problems=problems, upload=None, step="", percent=100)
        return
    _note(row, Progress.READING, "Making rules of its schemas", 50)
    read = with_rules(document, _progress(row, Progress.READING, "Making rules of its schemas", 50, 80))
    _note(row, Progress.READING, "Comparing it with what is there", 80)
    base = latest_revision(row.version)
    values = _shown(read, base, row.version)
    if read.unusable and row.version.api.validation != "off":
        values |= {"progress": Progress.REFUSED, "problems": [read.unusable], "packed": None}
    _move(row, (Progress.READING,), **{"progress": Progress.READY, **values}, upload=None, step="", percent=100)


def _progress(row: Import, state: str, step: str, first: int, last: int) -> Callable[[float], None]:
    """Notes each twentieth, not each operation."""
    noted = [first]

    def note(part: float) -> None:
        percent = first + round(part * (last - first))
        if percent >= noted[0] + 5:
            noted[0] = percent
            _note(row, state, step, percent)

    return note


def _shown(read: ReadDocument, base: Revision | None, version: Version) -> dict[str, Any]:
    changes = diff(base.document, read.document) if base else []
    kept = [(*change[:3], change.operations[:MOST_NAMED]) for change in changes[:MOST_CHANGES]]
    proposals = propose(read.drafts, list(version.operations.all()))
    return {
        "packed": read.packed,
        "base": base,
        "changes": kept,
        "proposals": proposals,
        "operation_count": len(read.drafts),
    }


def latest_revision(version: Version) -> Revision | None:
    """The document that the version has now."""
    return Revision.objects.filter(version=version).first()


def is_same_document(row: Import) -> bool:
    """Whether what is ready is the document that the version had when it was read."""
    return Import.objects.filter(pk=row.pk, packed=F("base__packed")).exists()


@write
def approve(row: Import, scopes: Sequence[str], *, actor: Actor) -> None:
    """Let an import be applied, with a scope for each of its proposals. Raises ValidationError."""
    if not all(SCOPE.fullmatch(scope) for scope in scopes) or len(scopes) != len(row.proposals):
        raise ValidationError("A scope is a name without blanks and quotes, such as patients:read.")
    proposals = [[*proposal[:2], scope, proposal[3]] for proposal, scope in zip(row.proposals, scopes, strict=True)]
    _refuse_others(row)
    ready = Import.objects.filter(pk=row.pk, progress=Progress.READY)
    values = {"progress": Progress.APPROVED, "proposals": proposals, "percent": 0}
    if not ready.update(approved_by=actor.id if actor.kind == "user" else "", moved_at=timezone.now(), **values):
        raise Conflict
    record_event(actor, "import.approved", row)


def _refuse_others(row: Import) -> None:
    """What was shown must still be what happens."""
    latest = latest_revision(row.version)
    if (latest.pk if latest else None) != row.base_id:
        raise ValidationError("Somebody imported another document meanwhile. Import yours again and look.")


def _apply(row: Import) -> None:
    _note(row, Progress.APPLYING, "Making rules of its schemas", 10)
    read = with_rules(
        unpack(row.packed or b""), _progress(row, Progress.APPLYING, "Making rules of its schemas", 10, 50)
    )
    _note(row, Progress.APPLYING, "Writing operations and publishing them", 60)
    scopes = chosen([Proposal(*each) for each in row.proposals], [each[2] for each in row.proposals])
    try:
        with transaction.atomic():
            _refuse_others(row)
            import_read(row.version, read, actor=_approver(row), scopes=scopes)
            if not _move(row, (Progress.APPLYING,), progress=Progress.APPLIED, packed=None, step="", percent=100):
                raise _Taken
    except ValidationError as error:
        _move(row, (Progress.APPLYING,), progress=Progress.REFUSED, problems=error.messages, packed=None)


def _approver(row: Import) -> Actor:
    user = User.objects.filter(public_id=row.approved_by).first()
    return user_actor(user) if user else SYSTEM


@write
def discard(row: Import, *, actor: Actor) -> None:
    """Leave it. Raises Conflict where it is being worked on."""
    waiting = Import.objects.filter(pk=row.pk, progress__in=(Progress.WAITING, Progress.READY, Progress.REFUSED))
    if not waiting.update(progress=Progress.DISCARDED, upload=None, packed=None, moved_at=timezone.now()):
        raise Conflict
    record_event(actor, "import.discarded", row)


def stop(row: Import, why: str) -> None:
    """Note that whoever worked on it is gone."""
    states = (Progress.READING, Progress.APPLYING)
    _move(row, states, progress=Progress.STOPPED, problems=[why], upload=None, packed=None, step="")


def stop_abandoned() -> None:
    """Imports on which nobody can be working any more: their time is over."""
    limit = timezone.now() - timedelta(seconds=LONGEST_SECONDS + 30)
    for row in Import.objects.filter(progress__in=_RUNNING.values(), moved_at__lt=limit).defer("upload", "packed"):
        stop(row, STOPPED_TEXT)


def forget_old() -> None:
    """Imports that ended long ago. What they brought stays: operations, revisions, the audit log."""
    Import.objects.filter(moved_at__lt=timezone.now() - KEPT_FOR).delete()


def import_with_proposals(version: Version, read: ReadDocument, *, actor: Actor) -> dict[Key, str]:
    """At once, with the scopes proposed for what the document leaves open; answers those. Raises ValidationError."""
    proposals = propose(read.drafts, list(version.operations.all()))
    scopes = chosen(proposals, [proposal.scope for proposal in proposals])
    import_read(version, read, actor=actor, scopes=scopes)
    return scopes
