"""Where one is in the reference: a version's operations by tag, and where one of them stands in the other versions."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.urls import reverse
from django.utils.formats import date_format

from accounts.access import NotVisible
from catalog.documents import Node, elements
from catalog.models import State, Version
from plans.access import Reader, access_versions, scopes_open_to
from portal.reference.outline import Entry, outlines_of


class Place(NamedTuple):
    """A version in the switch, and where the same operation stands in it."""

    version: Version
    url: str
    note: str
    path: str
    is_current: bool
    is_absent: bool = False


class Contents(NamedTuple):
    """`entries` are those of the version being read; `siblings` maps each open version, newest first, to its own.
    All are open to the reader, by `scopes`."""

    version: Version
    entries: list[Entry]
    siblings: dict[Version, list[Entry]]
    scopes: frozenset[str]


def contents_of(reader: Reader, api: str, name: str) -> Contents:
    """The version `name` of an API among its siblings. Two queries, and one the first time. Raises NotVisible."""
    versions = access_versions(reader, api)
    version = next((row for row in versions if row.name == name), None)
    if version is None:
        raise NotVisible(f"{api}/{name}")
    scopes, outlines = scopes_open_to(reader), outlines_of(versions, version)
    siblings = {row: [one for one in outlines[row.pk] if one.scope in scopes.get(row.pk, ())] for row in versions}
    return Contents(version, siblings[version], siblings, frozenset(scopes.get(version.pk, ())))


def sections_of(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The operations by tag, both in the document's order."""
    sections: dict[str, list[Entry]] = {}
    for entry in entries:
        sections.setdefault(entry.tag or "Operations", []).append(entry)
    return sections


def tag_texts(document: Node) -> dict[str, str]:
    """What the document says of each tag, as CommonMark."""
    tags = [tag for tag in elements(document, "tags") if isinstance(tag, dict)]
    return {str(tag.get("name")): str(tag.get("description") or "") for tag in tags}


def version_places(contents: Contents) -> list[Place]:
    """The open versions, newest first, for the page of a whole version."""
    return [
        Place(
            sibling,
            reverse("docs_version", args=[sibling.api.slug, sibling.name]),
            life_words(sibling),
            "",
            sibling == contents.version,
        )
        for sibling in contents.siblings
    ]


def successor_place(version: Version, places: Iterable[Place]) -> Place | None:
    """Where the version's named successor stands among the places; None where it is not open to the reader."""
    return next((place for place in places if place.version.pk == version.successor_id), None)


def operation_places(operation: Entry, contents: Contents) -> list[Place]:
    """The open versions, newest first, each with where this operation stands in it."""
    return [
        _place(operation, sibling, rows, sibling == contents.version) for sibling, rows in contents.siblings.items()
    ]


def _place(operation: Entry, sibling: Version, rows: Sequence[Entry], is_current: bool) -> Place:
    slug = sibling.api.slug
    same = operation if is_current else counterpart(operation, rows)
    if same is None:
        return Place(
            sibling, reverse("docs_version", args=[slug, sibling.name]), "not in it", "", is_current, is_absent=True
        )
    url = reverse("docs_operation", args=[slug, sibling.name, same.anchor])
    moved = (same.method, same.path) != (operation.method, operation.path)
    note = life_words(sibling) or ("" if moved or is_current else "same path")
    return Place(sibling, url, "now" if moved else note, str(same) if moved else "", is_current)


def counterpart(operation: Entry, rows: Sequence[Entry]) -> Entry | None:
    """The same operation in another version: by method and path, else by its name in addresses."""
    by_path = next((row for row in rows if (row.method, row.path) == (operation.method, operation.path)), None)
    return by_path or next((row for row in rows if row.anchor == operation.anchor), None)


def life_words(version: Version) -> str:
    """`until 15 Jan 2027` for a version whose end is known."""
    if version.sunset_at and version.standing != State.RETIRED:
        return f"until {date_format(version.sunset_at, 'j M Y')}"
    return ""
