"""Two documents: what changed for those who call the API."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from catalog.diff.operations import Judges, compare_operations, texts_differ
from catalog.diff.rules import Change, Kind
from catalog.diff.schemas import Found
from catalog.diff.sides import Side
from catalog.documents import Node, members, path_item
from catalog.openapi_paths import METHODS, shape_of

_KINDS = list(Kind)
_ABOUT = ("info", "tags", "servers", "externalDocs")
Key = tuple[str, str]
"""Method in capitals, and the path's shape."""


def diff(before: Node, after: Node) -> list[Change]:
    """From the worst to the mildest, each in the newer document's order. The documents were checked."""
    found: dict[Found, dict[str, None]] = {}
    for operation, change in _changes(before, after):
        found.setdefault(change, {})[operation] = None
    changes = [Change(*change, tuple(name for name in names if name)) for change, names in found.items()]
    return sorted(changes, key=lambda change: _KINDS.index(change.kind))


def _changes(before: Node, after: Node) -> Iterator[tuple[str, Found]]:
    """Each with the operation that has it; empty for the whole document."""
    old, new = _operations(before), _operations(after)
    judges = Judges(Sameness(before, after))
    for key, side in old.items():
        if key not in new:
            yield name_of(side), ("operation-removed", side.pointer, name_of(side))
    for key, side in new.items():
        if key not in old:
            yield name_of(side), ("operation-added", side.pointer, name_of(side))
        else:
            yield from ((name_of(side), found) for found in compare_operations(old[key], side, judges))
    if before.get("webhooks") != after.get("webhooks"):
        yield "", ("outgoing-calls-changed", "#/webhooks", "webhooks")
    yield from (("", found) for found in _texts(before, after))


def _texts(before: Node, after: Node) -> Iterator[Found]:
    """Of the document itself and of its components."""
    if any(before.get(name) != after.get(name) for name in _ABOUT):
        yield "texts-changed", "#/info", (" in what the document says of itself")
    old = _components(before)
    for pointer, node in _components(after).items():
        if pointer in old and texts_differ(old[pointer], node):
            yield "texts-changed", pointer, f" of {pointer.rpartition('/')[2]}"


def _operations(document: Node) -> dict[Key, Side]:
    found = {}
    for path in members(document, "paths"):
        item = path_item(document, path)
        for method in METHODS:
            if isinstance(item.get(method), dict):
                escaped = path.replace("~", "~0").replace("/", "~1")
                found[method.upper(), shape_of(path)] = Side(document, item[method], f"#/paths/{escaped}/{method}")
    return found


def name_of(side: Side) -> str:
    """`GET /books`."""
    path, _, method = side.pointer.removeprefix("#/paths/").rpartition("/")
    return f"{method.upper()} {path.replace('~1', '/').replace('~0', '~')}"


class Sameness:
    """Whether two nodes are the same all the way down. Most of two versions of a document is, and is not walked."""

    def __init__(self, before: Node, after: Node) -> None:
        self._changed = _changed_references(before, after)
        self._known: dict[tuple[int, int], tuple[bool, Any, Any]] = {}

    def __call__(self, before: Any, after: Any) -> bool:
        key = (id(before), id(after))
        if key not in self._known:
            is_same = before == after and not (_references(after) & self._changed)
            # Both are kept, so that no other node takes over their identities.
            self._known[key] = (is_same, before, after)
        return self._known[key][0]


def _changed_references(before: Node, after: Node) -> set[str]:
    """Components, as `$ref`s name them, that changed or that lead to one that did."""
    old, new = _components(before), _components(after)
    changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    users: dict[str, set[str]] = defaultdict(set)
    for name, node in new.items():
        for reference in _references(node):
            users[reference].add(name)
    waiting = list(changed)
    while waiting:
        fresh = users[waiting.pop()] - changed
        changed |= fresh
        waiting += fresh
    # Who refers to anything else than a component is looked at closely.
    return changed | {name for name in users if name not in new}


def _components(document: Node) -> dict[str, Any]:
    return {
        f"#/components/{kind}/{name.replace('~', '~0').replace('/', '~1')}": node
        for kind in members(document, "components")
        for name, node in members(document["components"], kind).items()
    }


def _references(node: Any) -> set[str]:
    found: set[str] = set()
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if isinstance(each.get("$ref"), str):
                found.add(each["$ref"])
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found
