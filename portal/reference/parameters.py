"""What an operation takes: parameters, and the fields of its body."""

from typing import NamedTuple

from catalog.documents import Node, elements, members, operation_object, path_item, resolve
from catalog.fields import flatten
from catalog.schema_words import type_words
from portal.reference.examples import parameter_example

_PLACES = {"path": "in the path", "query": "in the query", "header": "header", "cookie": "cookie"}
_ORDER = list(_PLACES)


class Input(NamedTuple):
    """A parameter or a field of the body. `description` is CommonMark; `example` is a value or None. `refused` says on
    which plan it is refused and which takes it, "" where it is taken."""

    name: str
    place: str
    type: str
    is_required: bool
    description: str
    example: object = None
    refused: str = ""


def parameters_of(document: Node, method: str, path: str) -> list[Input]:
    """The operation's own parameters and its path's, the operation's winning; in the path first."""
    return [_parameter(document, node) for node in parameter_nodes(document, method, path)]


def parameter_nodes(document: Node, method: str, path: str) -> list[Node]:
    """The same as parameter objects."""
    rows: dict[tuple[str, str], Node] = {}
    for owner in (path_item(document, path), operation_object(document, method, path)):
        for given in elements(owner, "parameters"):
            node = resolve(document, given)
            rows[str(node.get("in")), str(node.get("name"))] = node
    return sorted(rows.values(), key=lambda node: _ORDER.index(_place_of(node)))


def _place_of(node: Node) -> str:
    place = str(node.get("in"))
    return place if place in _PLACES else "header"


def parameter_schema(node: Node) -> object:
    """The schema of a parameter object, be it that of a media type."""
    media = next(iter(members(node, "content").values()), None)
    return node.get("schema") or (media.get("schema") if isinstance(media, dict) else None)


def _parameter(document: Node, node: Node) -> Input:
    schema = parameter_schema(node)
    return Input(
        name=str(node.get("name")),
        place=_PLACES[_place_of(node)],
        type=type_words(document, schema),
        is_required=node.get("required") is True,
        description=_text(node.get("description") or resolve(document, schema).get("description")),
        example=parameter_example(document, node, schema),
    )


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""


def body_media(document: Node, method: str, path: str) -> tuple[str, Node]:
    """The media type of the body, JSON where there is a choice, and its object; ("", {}) for none."""
    body = resolve(document, operation_object(document, method, path).get("requestBody"))
    media = members(body, "content")
    name = next((name for name in media if "json" in name), next(iter(media), ""))
    return name, resolve(document, media.get(name))


def body_fields(document: Node, method: str, path: str) -> list[Input]:
    """The fields of the body by dotted path."""
    _, media = body_media(document, method, path)
    fields = flatten(document, media.get("schema"), hidden="readOnly")
    return [Input(row.path, "", row.type, row.is_required, row.description) for row in fields]
