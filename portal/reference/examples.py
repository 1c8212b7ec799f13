"""Examples: the document's own where it has them, else made from the schema's."""

import json
from typing import Any, NamedTuple

from catalog.documents import Node, elements, members, operation_object, resolve
from catalog.models import Operation

_DEEPEST = 8
_MOST_VALUES = 400
_BY_FORMAT = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T09:30:00Z",
    "time": "09:30:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "3f1c9a54-7e0b-4c52-9d38-0a6f5b2e8c11",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_NONE = object()
_EXAMPLES = "#/components/examples/"


class ExampleAnswer(NamedTuple):
    """A success answer: its status, its description, and its JSON value; `has_body` says whether there is one."""

    status: int
    description: str
    has_body: bool
    value: Any = None


def answer_example(document: Node, method: str, path: str) -> ExampleAnswer | None:
    """The first 2xx answer of an operation, None where the document has none."""
    answers = members(operation_object(document, method, path), "responses")
    code = next((code for code in sorted(answers) if code[:1] == "2" and code.isdigit()), None)
    if code is None:
        return None
    answer = resolve(document, answers[code])
    media = next((m for name, m in members(answer, "content").items() if "json" in name), None)
    value = _NONE if media is None else media_example(document, resolve(document, media))
    description = str(answer.get("description") or "")
    if value is _NONE:
        return ExampleAnswer(int(code), description, has_body=False)
    return ExampleAnswer(int(code), description, has_body=True, value=value)


def answer_text(operation: Operation) -> str:
    """The example of an operation's success answer as JSON text; empty where no answer in JSON is documented."""
    example = answer_example(operation.version.document, operation.method, operation.path)
    return json.dumps(example.value, ensure_ascii=False) if example and example.has_body else ""


def media_example(document: Node, media: Node) -> Any:
    """The example of a media type object, or one made from its schema."""
    if "example" in media:
        return _spelled_out(document, media["example"])
    for named in members(media, "examples").values():
        if "value" in (example := resolve(document, named)):
            return _spelled_out(document, example["value"])
    return _Maker(document).value(media.get("schema"))


def _spelled_out(document: Node, value: Any) -> Any:
    """Values mean what they say, so `$ref` in them is no reference; but documents are written as if it were, by naming
    an example of the components. These are followed, once each, so that nothing grows beyond the document."""
    if isinstance(value, list):
        return [_spelled_out(document, one) for one in value]
    if not isinstance(value, dict):
        return value
    target = value.get("$ref")
    if len(value) == 1 and isinstance(target, str) and target.startswith(_EXAMPLES):
        return resolve(document, value).get("value", value)
    return {name: _spelled_out(document, inner) for name, inner in value.items()}


def parameter_example(document: Node, node: Node, schema: object) -> Any:
    """The example of a parameter, or one made from its schema."""
    if "example" in node:
        return node["example"]
    for named in members(node, "examples").values():
        return resolve(document, named).get("value")
    return _Maker(document).value(schema)


class _Maker:
    """Makes one value from a schema; bounded in depth and size, for schemas may contain themselves."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self._left = _MOST_VALUES

    def value(self, schema: object, depth: int = 0) -> Any:
        node = resolve(self._document, schema)
        self._left -= 1
        given = _given(node)
        if given is not _NONE:
            return given
        if depth > _DEEPEST or self._left < 0:
            return None
        for name in ("oneOf", "anyOf"):
            if choices := elements(node, name):
                return self.value(choices[0], depth + 1)
        return self._composed(node, depth)

    def _composed(self, node: Node, depth: int) -> Any:
        parts = [self.value(part, depth + 1) for part in elements(node, "allOf")]
        kind = _kind(node)
        if kind == "object" or any(isinstance(part, dict) for part in parts):
            own = {name: self.value(inner, depth + 1) for name, inner in members(node, "properties").items()}
            return {name: value for part in [*parts, own] if isinstance(part, dict) for name, value in part.items()}
        if parts:
            return parts[0]
        if kind == "array":
            return [self.value(node["items"], depth + 1)] if "items" in node else []
        return _plain(node, kind)


def _given(node: Node) -> Any:
    if "example" in node:
        return node["example"]
    for name in ("examples", "enum"):
        if values := elements(node, name):
            return values[0]
    return node.get("const", node.get("default", _NONE))


def _kind(node: Node) -> str:
    kinds = node["type"] if isinstance(node.get("type"), list) else [node.get("type")]
    named = next((kind for kind in kinds if kind not in (None, "null")), None)
    return str(named or ("object" if "properties" in node else "array" if "items" in node else ""))


def _plain(node: Node, kind: str) -> Any:
    if kind == "string":
        return _BY_FORMAT.get(str(node.get("format")), "text")
    if kind in ("integer", "number"):
        return node.get("minimum", 1)
    return True if kind == "boolean" else None
