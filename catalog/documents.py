"""Finding one's way in an OpenAPI document that was checked on import but may still be hostile."""

from typing import Any
from urllib.parse import unquote

Node = dict[str, Any]
MOST_HOPS = 32


def resolve(document: Node, node: object) -> Node:
    """The object that `node` is or refers to; {} where it leads nowhere. Siblings of `$ref` go first (OpenAPI 3.1)."""
    siblings: Node = {}
    for _ in range(MOST_HOPS):
        if not isinstance(node, dict):
            return siblings
        if not isinstance(node.get("$ref"), str):
            return {**node, **siblings}
        siblings = {**{name: value for name, value in node.items() if name != "$ref"}, **siblings}
        node = at(document, node["$ref"])
    return siblings


def at(document: Node, reference: str) -> object:
    """What a local JSON Pointer (RFC 6901, section 6) names; None where it leads nowhere."""
    node: Any = document
    for part in unquote(reference).removeprefix("#/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list):
            node = node[int(name)] if name.isdigit() and int(name) < len(node) else None
        else:
            node = node.get(name) if isinstance(node, dict) else None
    return node


def path_item(document: Node, path: str) -> Node:
    """The path item of a path template."""
    return resolve(document, (document.get("paths") or {}).get(path))


def operation_object(document: Node, method: str, path: str) -> Node:
    """The operation object of a method on a path template; {} where the document has none."""
    return resolve(document, path_item(document, path).get(method.lower()))


def members(node: Node, name: str) -> Node:
    """The object under `name`; {} where there is none."""
    found = node.get(name)
    return found if isinstance(found, dict) else {}


def elements(node: Node, name: str) -> list[Any]:
    """The list under `name`; [] where there is none."""
    found = node.get(name)
    return found if isinstance(found, list) else []
