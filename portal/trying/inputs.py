"""What a form asks for: the parameters of an operation, each with its type and how its value is written."""

import json
import re
from typing import Any, Literal, NamedTuple

from catalog.documents import Node, elements, members, resolve
from catalog.schema_words import type_words
from portal.reference.examples import parameter_example
from portal.reference.parameters import parameter_nodes, parameter_schema

Kind = Literal["text", "number", "choice", "list", "json"]
_STYLES = {"path": "simple", "query": "form", "header": "simple"}
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
#: What the portal or HTTP itself decides. OpenAPI lets documents name some of these, and says nothing by it.
_NOT_OURS = frozenset(
    {
        *("accept", "accept-encoding", "authorization", "connection", "content-encoding", "content-length", "cookie"),
        *("content-type", "dpop", "expect", "forwarded", "host", "keep-alive", "te", "trailer", "transfer-encoding"),
        *("upgrade", "user-agent", "via", "x-api-key", "x-request-id", "traceparent", "tracestate"),
    }
)
_NOT_OURS_BEGIN = ("proxy-", "sec-", "x-forwarded-")
MOST_CHOICES = 60


class Given(NamedTuple):
    """A parameter that one can give. `is_document`: its text is a document of a media type. `example` is text as the
    field shows it, `is_told` whether the document has it; `default` "" where none is declared."""

    name: str
    place: str
    kind: Kind
    style: str
    explode: bool
    is_required: bool
    type: str
    choices: tuple[str, ...] = ()
    example: str = ""
    is_told: bool = False
    default: str = ""
    is_document: bool = False


def givens_of(document: Node, method: str, path: str) -> list[Given]:
    """In the path first. Cookies, and headers that are not the caller's to set, cannot be given."""
    nodes = parameter_nodes(document, method, path)
    return [_given(document, node) for node in nodes if _may_be_given(node)]


def _may_be_given(node: Node) -> bool:
    place, name = node.get("in"), str(node.get("name"))
    if place != "header":
        return place in _STYLES
    lower = name.lower()
    return bool(_TOKEN.fullmatch(name)) and lower not in _NOT_OURS and not lower.startswith(_NOT_OURS_BEGIN)


def _given(document: Node, node: Node) -> Given:
    schema = parameter_schema(node)
    resolved, place = resolve(document, schema), str(node["in"])
    kind, choices = _kind(document, resolved, has_media="content" in node)
    style = str(node.get("style") or _STYLES[place])
    explode = node.get("explode")
    return Given(
        name=str(node.get("name")),
        place=place,
        kind=kind,
        style=style,
        explode=style == "form" if explode is None else explode is True,
        is_required=place == "path" or node.get("required") is True,
        type=type_words(document, schema),
        choices=choices,
        example=_shown(kind, parameter_example(document, node, schema)),
        is_told=any(name in each for each in (node, resolved) for name in ("example", "examples")),
        default=_shown(kind, resolved.get("default")),
        is_document="content" in node,
    )


def _kind(document: Node, schema: Node, *, has_media: bool) -> tuple[Kind, tuple[str, ...]]:
    named = schema["type"] if isinstance(schema.get("type"), list) else [schema.get("type")]
    types = {each for each in named if isinstance(each, str)} - {"null"}
    if has_media or "object" in types or "properties" in schema:
        return "json", ()
    if "array" in types or "items" in schema:
        return "list", _choices(resolve(document, schema.get("items")))
    if choices := _choices(schema):
        return "choice", choices
    return ("number" if types and types <= {"integer", "number"} else "text"), ()


def _choices(schema: Node) -> tuple[str, ...]:
    if schema.get("type") == "boolean":
        return ("true", "false")
    values = [value for value in elements(schema, "enum") if value is not None]
    fits = 0 < len(values) <= MOST_CHOICES and all(not isinstance(value, dict | list) for value in values)
    return tuple(dict.fromkeys(scalar_text(value) for value in values)) if fits else ()


def scalar_text(value: Any) -> str:
    """A value as it is written in an address."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_json(value: Any) -> str:
    """A value as one writes it into a form."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def _shown(kind: Kind, value: Any) -> str:
    if value is None:
        return ""
    if kind == "json":
        return as_json(value)
    if kind == "list":
        return "\n".join(scalar_text(each) for each in (value if isinstance(value, list) else [value]))
    return scalar_text(value)


def json_medias(document: Node, operation: Node) -> dict[str, Node]:
    """The media types in JSON that a body may have, by name."""
    body = resolve(document, operation.get("requestBody"))
    named = members(body, "content").items()
    return {name: resolve(document, media) for name, media in named if _is_json(name)}


def _is_json(name: str) -> bool:
    bare = name.partition(";")[0].strip().lower()
    return bare.endswith(("/json", "+json")) and "*" not in bare
