"""Take out of a document the components that nothing refers to: their names may be what a plan does not show."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from catalog.documents import Node, members

_COMPONENTS = "#/components/"


def without_unused(document: Node, components: Node) -> Node:
    """The document with those of the components that it uses, directly or through others, and all security schemes."""
    used: set[tuple[str, str]] = set()
    waiting = list(_named_in(document))
    while waiting:
        kind, name = place = waiting.pop()
        if place not in used and name in members(components, kind):
            used.add(place)
            waiting += _named_in(components[kind][name])
    kept = {
        kind: {name: value for name, value in members(components, kind).items() if (kind, name) in used}
        for kind in components
    }
    kept["securitySchemes"] = members(components, "securitySchemes")
    return {**document, "components": {kind: named for kind, named in kept.items() if named}}


def _named_in(node: Any) -> Iterator[tuple[str, str]]:
    """Kind and name of each component that a reference anywhere in `node` leads to or into."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            for value in node.values():
                if isinstance(value, str) and value.startswith(_COMPONENTS):
                    yield _place(value)
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _place(reference: str) -> tuple[str, str]:
    kind, _, rest = unquote(reference).removeprefix(_COMPONENTS).partition("/")
    return kind, rest.partition("/")[0].replace("~1", "/").replace("~0", "~")
