"""Some twenty edits of any document, each on an operation of its own, with the change that each of them is."""

import copy
from collections.abc import Callable
from typing import Any

from catalog.documents import Node, elements, members, resolve
from catalog.openapi_paths import METHODS

Edit = Callable[[Node, Node], bool]
"""Changes an operation of a document; False where it is not one to be changed in this way."""
_TEXT = {"type": "string"}
_NEW = "/added-by-an-edit"


def edited(document: Node) -> tuple[Node, set[tuple[str, str]]]:
    """A changed copy, and rule and operation of each change. What no operation of the document allows is left out."""
    changed = copy.deepcopy(document)
    left = [(path, method) for path, item in changed["paths"].items() for method in METHODS if method in item]
    expected = set()
    for rule, edit in _EDITS.items():
        found = next((one for one in left if edit(changed, changed["paths"][one[0]][one[1]])), None)
        if found is not None:
            left.remove(found)
            expected.add((rule, _named(*found)))
    path, method = left[0]
    del changed["paths"][path][method]
    changed["paths"][_NEW] = {"get": {"responses": {"200": {"description": "x"}}}}
    return changed, expected | {("operation-removed", _named(path, method)), ("operation-added", _named(_NEW, "get"))}


def _named(path: str, method: str) -> str:
    return f"{method.upper()} {path}"


def _own(document: Node, owner: Node, name: str) -> Node:
    """What stands under a name, written out, so that no other operation shares it; {} where nothing does."""
    if name in owner:
        owner[name] = copy.deepcopy(resolve(document, owner[name]))
    return members(owner, name)


def _optional(document: Node, operation: Node) -> int | None:
    """The number of the first optional parameter in the query, which is then written out."""
    parameters = elements(operation, "parameters")
    for number, given in enumerate(parameters):
        node = resolve(document, given)
        if node.get("in") == "query" and not node.get("required") and not node.get("deprecated"):
            parameters[number] = copy.deepcopy(node)
            return number
    return None


def _with_parameter(*, required: bool) -> Edit:
    def edit(_document: Node, operation: Node) -> bool:
        added = {"name": "added_by_an_edit", "in": "query", "required": required, "schema": _TEXT}
        operation["parameters"] = [*elements(operation, "parameters"), added]
        return True

    return edit


def _on_parameter(change: Callable[[list[Any], int], object]) -> Edit:
    def edit(document: Node, operation: Node) -> bool:
        number = _optional(document, operation)
        if number is not None:
            change(operation["parameters"], number)
        return number is not None

    return edit


def _with_status(status: str) -> Edit:
    def edit(_document: Node, operation: Node) -> bool:
        operation["responses"] = {**operation["responses"], status: {"description": "Added"}}
        return True

    return edit


def _without_error(_document: Node, operation: Node) -> bool:
    errors = [status for status in operation["responses"] if status.startswith("4")]
    if errors:
        del operation["responses"][errors[0]]
    return bool(errors)


def _on_answer(change: Callable[[Node], bool]) -> Edit:
    def edit(document: Node, operation: Node) -> bool:
        answer = _own(document, operation["responses"], "200")
        return bool(members(answer, "content")) and change(answer)

    return edit


def _with_header(answer: Node) -> bool:
    answer["headers"] = {**members(answer, "headers"), "X-Added-By-An-Edit": {"schema": _TEXT}}
    return True


def _with_media_type(owner: Node) -> bool:
    owner["content"] = {**owner["content"], "application/x-added": {"schema": _TEXT}}
    return True


def _with_field(owner: Node) -> bool:
    """In JSON whose schema is written out in place, where nobody shares it."""
    schema = members(members(owner["content"], "application/json"), "schema")
    is_plain = bool(members(schema, "properties")) and not schema.keys() & {"allOf", "anyOf", "oneOf", "$ref"}
    if is_plain:
        schema["properties"]["added_by_an_edit"] = _TEXT
    return is_plain


def _with_body(*, required: bool) -> Edit:
    def edit(_document: Node, operation: Node) -> bool:
        if "requestBody" in operation:
            return False
        operation["requestBody"] = {"required": required, "content": {"application/json": {"schema": _TEXT}}}
        return True

    return edit


def _on_body(change: Callable[[Node], bool]) -> Edit:
    def edit(document: Node, operation: Node) -> bool:
        body = _own(document, operation, "requestBody")
        return bool(members(body, "content")) and change(body)

    return edit


def _without_body(_document: Node, operation: Node) -> bool:
    return operation.pop("requestBody", None) is not None


def _set(name: str, value: object) -> Edit:
    def edit(_document: Node, operation: Node) -> bool:
        if operation.get(name) in (value, None) and name != "deprecated":
            return False
        is_new = operation.get(name) != value
        operation[name] = value
        return is_new

    return edit


_EDITS: dict[str, Edit] = {
    "operation-deprecated": _set("deprecated", True),
    "operation-id-changed": _set("operationId", "changedByAnEdit"),
    "texts-changed": _set("description", "Changed by an edit."),
    "parameter-added-optional": _with_parameter(required=False),
    "parameter-added-required": _with_parameter(required=True),
    "parameter-removed": _on_parameter(lambda given, number: given.pop(number)),
    "parameter-became-required": _on_parameter(lambda given, number: given[number].update(required=True)),
    "parameter-deprecated": _on_parameter(lambda given, number: given[number].update(deprecated=True)),
    "error-status-added": _with_status("418"),
    "success-status-added": _with_status("299"),
    "error-status-removed": _without_error,
    "response-header-added": _on_answer(_with_header),
    "response-media-type-added": _on_answer(_with_media_type),
    "body-added-optional": _with_body(required=False),
    "body-added-required": _with_body(required=True),
    "body-removed": _without_body,
    "request-property-added-optional": _on_body(_with_field),
    "response-property-added": _on_answer(_with_field),
    "request-media-type-added": _on_body(_with_media_type),
}
