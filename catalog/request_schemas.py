"""An operation's parameters and body as rules that the gateways can compile (contract.request_rules)."""

from collections.abc import Iterator
from typing import Any

from catalog.documents import Node, elements, members, operation_object, path_item, resolve
from catalog.json_schemas import Bundle, SchemaUnusable
from contract.request_rules import Body, Content, Field, Parameter, RequestRules, Schema
from contract.schema_validators import SchemaError, compile_schema

_STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
_FORM = "application/x-www-form-urlencoded"
#: OpenAPI 3.1, "Parameter Object": described elsewhere, so parameters of these names say nothing.
_NO_PARAMETERS = {"accept", "content-type", "authorization"}


class RulesUnusable(ValueError):
    """One sentence: which operation cannot be validated, and why."""


def request_rules(document: Node, method: str, path: str) -> RequestRules:
    """The rules of a method on a path template of a checked document. Raises RulesUnusable."""
    try:
        rules = _rules(document, method, path)
        _compile(rules)
    except (SchemaUnusable, SchemaError) as error:
        raise RulesUnusable(f"{method} {path}: {error}") from None
    except (RecursionError, TypeError, AttributeError, KeyError, ValueError) as error:
        raise RulesUnusable(
            f"{method} {path}: its parameters or body cannot be read ({type(error).__name__})."
        ) from None
    return rules


def _rules(document: Node, method: str, path: str) -> RequestRules:
    bundle = Bundle(document, hidden="readOnly")
    operation = operation_object(document, method, path)
    found = {(each["in"], each["name"]): each for each in _parameters(document, path, operation)}
    parameters = tuple(_parameter(document, bundle, each) for each in found.values() if not _is_described(each))
    body = _body(document, bundle, resolve(document, operation.get("requestBody")))
    return RequestRules(parameters, body, bundle.definitions)


def _parameters(document: Node, path: str, operation: Node) -> Iterator[Node]:
    """The path's parameters, then the operation's, which go first where both name one."""
    for owner in (path_item(document, path), operation):
        yield from (resolve(document, each) for each in elements(owner, "parameters"))


def _is_described(parameter: Node) -> bool:
    return parameter["in"] == "header" and parameter["name"].lower() in _NO_PARAMETERS


def _parameter(document: Node, bundle: Bundle, parameter: Node) -> Parameter:
    place = parameter["in"]
    styles = _STYLES[place]
    style = parameter.get("style", styles[0])
    if style not in styles:
        raise SchemaUnusable(f"The style {style!r} is not one of parameters in {place}.")
    media_type, media = next(iter(members(parameter, "content").items()), ("", parameter))
    return Parameter(
        name=parameter["name"],
        place=place,
        style=style,
        explode=bool(parameter.get("explode", style == "form")),
        required=place == "path" or parameter.get("required") is True,
        allow_empty=parameter.get("allowEmptyValue") is True,
        media_type=_type_name(media_type),
        schema=_schema(document, bundle, media),
    )


def _schema(document: Node, bundle: Bundle, owner: Any) -> Schema:
    node = resolve(document, owner)
    return bundle.convert(node["schema"]) if "schema" in node else True


def _body(document: Node, bundle: Bundle, body: Node) -> Body | None:
    contents = members(body, "content")
    if not contents:
        return None
    rules = tuple(_content(document, bundle, _type_name(name), media) for name, media in contents.items())
    return Body(rules, required=body.get("required") is True)


def _content(document: Node, bundle: Bundle, media_type: str, media: Any) -> Content:
    node = resolve(document, media)
    if media_type != _FORM:
        return Content(media_type, _schema(document, bundle, node))
    return Content(media_type, _schema(document, bundle, node), _fields(document, node))


def _fields(document: Node, media: Node) -> dict[str, Field]:
    """How the properties of a form are written where that is not by default: repeated names, and JSON for objects."""
    encodings = members(media, "encoding")
    fields = {}
    for name, schema in _properties(document, media.get("schema")).items():
        encoding = resolve(document, encodings.get(name))
        if "style" in encoding or "explode" in encoding:
            style = encoding.get("style", "form")
            fields[name] = Field(style, bool(encoding.get("explode", style == "form")))
        elif "contentType" in encoding:
            fields[name] = Field(media_type=_type_name(encoding["contentType"]))
        elif _is_object(document, schema):
            fields[name] = Field(media_type="application/json")
    return fields


def _properties(document: Node, schema: Any, levels: int = 8) -> Node:
    """The properties of a schema and of what it is composed of."""
    node = resolve(document, schema)
    found: Node = {}
    for part in elements(node, "allOf") if levels else []:
        found |= _properties(document, part, levels - 1)
    return found | members(node, "properties")


def _is_object(document: Node, schema: Any) -> bool:
    node = resolve(document, schema)
    return node.get("type") == "object" or "properties" in node


def _type_name(media_type: str) -> str:
    """Without parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def _compile(rules: RequestRules) -> None:
    """Raises SchemaError where the gateways could not compile the rules."""
    schemas = [each.schema for each in rules.parameters]
    for schema in [*schemas, *(content.schema for content in (rules.body.contents if rules.body else ()))]:
        compile_schema(schema, rules.definitions)
