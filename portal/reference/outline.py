"""A version's operations as far as contents, switches and addresses need them, and its document: both are read once for
each state of the version and kept, for documents have megabytes and a thousand operations."""

import json
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from datetime import datetime
from functools import partial
from threading import Lock
from typing import Any, NamedTuple

from django.db.models import Case, TextField, When
from django.db.models.functions import Cast

from catalog.models import Operation, Version
from portal.reference.kept import Kept

MOST_KEPT_ENTRIES = 20_000
MOST_KEPT_CHARACTERS = 20_000_000
"""Of documents as texts. Read, a text takes about seven times its length."""


class Entry(NamedTuple):
    """An operation without what only its own page says."""

    id: int
    public_id: str
    method: str
    path: str
    anchor: str
    summary: str
    tag: str
    scope: str
    position: int
    is_deprecated: bool
    deprecated_at: datetime | None
    sunset_at: datetime | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def of(self, version: Version) -> Operation:
        """The operation, to be read only."""
        return Operation(version=version, **self._asdict())


class _Text(NamedTuple):
    document: dict[str, Any]
    characters: int


_outlines: Kept[tuple[Entry, ...]] = Kept(MOST_KEPT_ENTRIES, len)
_documents: Kept[_Text] = Kept(MOST_KEPT_CHARACTERS, lambda text: text.characters)
_reading = Lock()


def outlines_of(versions: Sequence[Version], to_read: Version) -> dict[int, tuple[Entry, ...]]:
    """By primary key of versions that come with `published_number`. One query for those that are not kept; it brings
    the document of the version `to_read` along."""
    found = {row.pk: _outlines.get(_state_of(row)) for row in versions}
    missing = [row for row in versions if found[row.pk] is None]
    read = _read(missing, to_read) if missing else {}
    kept = {row.pk: _outlines.put(_state_of(row), tuple(read.get(row.pk, ()))) for row in missing}
    return {**{pk: entries for pk, entries in found.items() if entries is not None}, **kept}


def _state_of(version: Version) -> tuple[str, int]:
    """Every write to a version, its import included, raises the number of its published record."""
    return version.public_id, version.published_number  # type: ignore[attr-defined]


def _read(versions: Iterable[Version], to_read: Version) -> dict[int, list[Entry]]:
    read: dict[int, list[Entry]] = {}
    document = Case(When(version=to_read, position=0, then=Cast("version__document", TextField())))
    rows = Operation.objects.filter(version__in=versions).annotate(text=document).order_by("position", "id")
    for version_id, text, *values in rows.values_list("version_id", "text", *Entry._fields):
        read.setdefault(version_id, []).append(Entry(*values))
        if text is not None:
            _read_text(to_read, partial(str, text))
    return read


def document_of(version: Version) -> dict[str, Any]:
    """The document of a version that comes with `published_number`; nobody may change it. One query where it is not
    kept."""
    texts = Version.objects.annotate(text=Cast("document", TextField())).values_list("text", flat=True)
    return _read_text(version, lambda: texts.get(pk=version.pk))


def with_document(version: Version) -> Version:
    """A copy of the version that holds its document: the version itself may be kept for longer."""
    found = copy(version)
    found.document = document_of(version)
    return found


def _read_text(version: Version, text_of: Callable[[], str]) -> dict[str, Any]:
    """One thread reads at a time: several copies of a large document would not fit."""
    with _reading:
        kept = _documents.get(_state_of(version))
        if kept is None:
            text = text_of()
            kept = _documents.put(_state_of(version), _Text(json.loads(text), len(text)))
    return kept.document
