"""Changes between two documents as pages show them: by severity, each with its place."""

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from catalog.diff.rules import Change, Kind

MOST_NAMED = 5
_WORDS = {
    Kind.BREAKING: ("Breaking", "critical"),
    Kind.DEPRECATING: ("Deprecating", "warn"),
    Kind.ADDITIVE: ("Additive", "ok"),
    Kind.DOCS: ("Docs only", "info"),
}


class Row(NamedTuple):
    """`operations` are the first few, `more` says how many others have it."""

    change: Change
    operations: tuple[str, ...]
    more: int


class Section(NamedTuple):
    """All changes of one kind; `state` is how it is drawn."""

    title: str
    state: str
    rows: list[Row]


def sections_of_changes(changes: Iterable[Change]) -> list[Section]:
    """From the worst to the mildest; the changes stand in that order."""
    return [
        Section(*_WORDS[kind], [_row(change) for change in found])
        for kind, found in groupby(changes, key=lambda change: change.kind)
    ]


def _row(change: Change) -> Row:
    """An operation that comes or goes is named by its sentence."""
    names = () if change.rule in ("operation-added", "operation-removed") else change.operations
    return Row(change, names[:MOST_NAMED], max(len(names) - MOST_NAMED, 0))
