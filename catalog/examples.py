"""An example of an operation's success answer: the document's own, else one made up from the schema."""

import json
from typing import Any

from catalog.documents import Node, elements, members, operation_object, resolve
from catalog.models import Operation

MOST_LEVELS = 6
_FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T09:30:00Z",
    "email": "name@example.org",
    "uuid": "3f2b8c1e-7a54-4d0b-9e61-2c8f5a7d9b10",
    "uri": "https://example.org/",
}
_PLAIN = {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "null": None}


def example_of(operation: Operation) -> str:
    """JSON text; empty where no answer in JSON is documented. Reading the version's document may make a query."""
    document = operation.version.document
    answers = members(operation_object(document, operation.method, operation.path), "responses")
    for code in sorted(answers):
        content = members(resolve(document, answers[code]), "content")
        media = next((media for name, media in content.items() if "json" in name), None)
        if code[:1] == "2" and media is not None:
            return json.dumps(_of_media(document, resolve(document, media)), ensure_ascii=False)
    return ""


def _of_media(document: Node, media: Node) -> Any:
    if "example" in media:
        return media["example"]
    for example in members(media, "examples").values():
        return resolve(document, example).get("value")
    return _of_schema(document, media.get("schema"), MOST_LEVELS)


def _of_schema(document: Node, schema: Any, levels: int) -> Any:
    node = resolve(document, schema)
    for name in ("example", "default", "const"):
        if name in node:
            return node[name]
    for value in [*elements(node, "examples"), *elements(node, "enum")]:
        return value
    return _of_kind(document, node, levels)


def _of_kind(document: Node, node: Node, levels: int) -> Any:
    parts = elements(node, "allOf") + (elements(node, "oneOf") + elements(node, "anyOf"))[:1]
    if "properties" in node or any("properties" in resolve(document, part) for part in parts):
        return _of_object(document, node, parts, levels) if levels else {}
    if "items" in node:
        return [_of_schema(document, node["items"], levels - 1)] if levels else []
    if parts:
        return _of_schema(document, parts[0], levels - 1) if levels else None
    return _FORMATS.get(str(node.get("format")), _PLAIN.get(_kind(node), {} if _kind(node) == "object" else "text"))


def _of_object(document: Node, node: Node, parts: list[Any], levels: int) -> Node:
    found: Node = {}
    for part in [node, *(resolve(document, part) for part in parts)]:
        properties = members(part, "properties").items()
        found |= {name: _of_schema(document, schema, levels - 1) for name, schema in properties}
    return found


def _kind(node: Node) -> str:
    kind = node.get("type")
    return str(kind[0] if isinstance(kind, list) and kind else kind)
