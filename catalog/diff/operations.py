"""Two operations: what callers must send, and what they get."""

from collections.abc import Callable, Iterator
from typing import Any

from catalog.diff.schemas import Direction, Found, SchemaDiff
from catalog.diff.sides import TEXTS, Side
from catalog.documents import elements
from catalog.openapi_paths import parameters_in


class Judges:
    """What all operations of two documents are compared with."""

    def __init__(self, is_same: Callable[[Any, Any], bool]) -> None:
        self.is_same = is_same
        self.schemas: dict[Direction, SchemaDiff] = {
            "request": SchemaDiff("request", is_same),
            "response": SchemaDiff("response", is_same),
        }


_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_DESCRIBED_ELSEWHERE = {"accept", "content-type", "authorization"}


def compare_operations(before: Side, after: Side, judges: Judges) -> Iterator[Found]:
    """`before` and `after` are path items' children: an operation each."""
    if _security(before) != _security(after):
        yield from _compare_security(before, after)
    yield from _flags(before, after)
    yield from _parameters(before, after, judges)
    yield from _bodies(before.child("requestBody").followed(), after.child("requestBody").followed(), judges)
    yield from _answers(before, after, judges)
    if before.node.get("callbacks") != after.node.get("callbacks"):
        yield "outgoing-calls-changed", after.pointer, "callbacks"
    if texts_differ(before.node, after.node):
        yield "texts-changed", after.pointer, ""


def _flags(before: Side, after: Side) -> Iterator[Found]:
    was, becomes = before.node.get("deprecated") is True, after.node.get("deprecated") is True
    if was != becomes:
        yield ("operation-deprecated" if becomes else "operation-restored"), after.pointer, "The operation"
    names = before.node.get("operationId"), after.node.get("operationId")
    if names[0] != names[1]:
        yield "operation-id-changed", after.pointer, f"{names[0] or 'none'} before, {names[1] or 'none'} now"


def texts_differ(before: Any, after: Any) -> bool:
    """Whether what both have is described in other words; also below, as far as it is written in place."""
    if isinstance(before, dict) and isinstance(after, dict):
        if any(before.get(word) != after.get(word) for word in TEXTS):
            return True
        return any(texts_differ(before[key], after[key]) for key in (before.keys() & after.keys()) - TEXTS)
    if isinstance(before, list) and isinstance(after, list):
        old, new = _by_name(before), _by_name(after)
        return any(texts_differ(old[name], new[name]) for name in old.keys() & new.keys())
    return False


def _by_name(items: list[Any]) -> dict[tuple[object, ...], Any]:
    """Parameters and what else has a name by that, wherever it stands; others by place in lists of that length."""
    return {_name_of(item) or (number, len(items)): item for number, item in enumerate(items)}


def _name_of(item: Any) -> tuple[object, ...]:
    if not isinstance(item, dict) or not item.keys() & {"name", "$ref"}:
        return ()
    return tuple(str(item.get(word)) for word in ("in", "name", "$ref"))


def _security(operation: Side) -> list[frozenset[tuple[str, str]]]:
    """Each way in as what it asks for: schemes, and scopes of schemes. None at all is one way that asks for nothing."""
    given = operation.node.get("security", operation.document.get("security"))
    ways = [way for way in given or [] if isinstance(way, dict)]
    return [
        frozenset((str(scheme), str(scope)) for scheme, scopes in way.items() for scope in ["", *(scopes or [])])
        for way in ways
    ] or [frozenset()]


def _compare_security(before: Side, after: Side) -> Iterator[Found]:
    old, new = _security(before), _security(after)
    pointer = after.child("security").pointer
    detail = f"{_ways(old)} before, {_ways(new)} now"
    if not all(any(way <= known for way in new) for known in old):
        yield "security-tightened", pointer, detail
    elif not all(any(way <= known for way in old) for known in new):
        yield "security-relaxed", pointer, detail


def _ways(ways: list[frozenset[tuple[str, str]]]) -> str:
    return " or ".join(_way(way) for way in ways)[:200]


def _way(way: frozenset[tuple[str, str]]) -> str:
    scopes = sorted(scope for _, scope in way if scope)
    return " and ".join(scopes or sorted({scheme for scheme, _ in way}) or ["nothing"])


def _parameters(before: Side, after: Side, judges: Judges) -> Iterator[Found]:
    old, new = parameters_of(before), parameters_of(after)
    renamed = _renamed(before, after)
    for (place, name), side in old.items():
        key = (place, renamed.get(name, name) if place == "path" else name)
        if key not in new:
            yield "parameter-removed", side.pointer, name
        elif place == "path" and key[1] != name:
            yield "path-parameter-renamed", new[key].pointer, f"{name} before, {key[1]} now"
    came = {value: name for name, value in renamed.items()}
    for (place, name), side in new.items():
        known = old.get((place, came.get(name, name) if place == "path" else name))
        yield from _added(name, side) if known is None else _parameter(known, side, name, judges)


def parameters_of(operation: Side) -> dict[tuple[str, str], Side]:
    """By place and name, the operation's own before those of its path."""
    item = Side(operation.document, *_item_of(operation))
    found: dict[tuple[str, str], Side] = {}
    for owner in (item, operation):
        for index in range(len(elements(owner.node, "parameters"))):
            side = owner.child("parameters", index).followed()
            if isinstance(side.node, dict):
                found[str(side.node.get("in")), str(side.node.get("name"))] = side
    return {key: side for key, side in found.items() if not _is_described_elsewhere(*key)}


def _is_described_elsewhere(place: str, name: str) -> bool:
    return place == "header" and name.lower() in _DESCRIBED_ELSEWHERE


def _item_of(operation: Side) -> tuple[Any, str]:
    pointer = operation.pointer.rpartition("/")[0]
    name = pointer.removeprefix("#/paths/").replace("~1", "/").replace("~0", "~")
    side = Side(operation.document, operation.document["paths"].get(name), pointer).followed()
    return side.node if isinstance(side.node, dict) else {}, side.pointer


def _renamed(before: Side, after: Side) -> dict[str, str]:
    """Parameters of the path by their old names: those in the same place are the same."""
    paths = [side.pointer.replace("~1", "/").replace("~0", "~") for side in (before, after)]
    return dict(zip(parameters_in(paths[0]), parameters_in(paths[1]), strict=False))


def _added(name: str, side: Side) -> Iterator[Found]:
    yield f"parameter-added-{'required' if _is_required(side) else 'optional'}", side.pointer, name


def _is_required(side: Side) -> bool:
    return side.node.get("required") is True


def _parameter(before: Side, after: Side, name: str, judges: Judges) -> Iterator[Found]:
    if _is_required(before) != _is_required(after):
        yield f"parameter-became-{'required' if _is_required(after) else 'optional'}", after.pointer, name
    if after.node.get("deprecated") is True and before.node.get("deprecated") is not True:
        yield "parameter-deprecated", after.pointer, name
    if _style(before.node) != _style(after.node):
        yield "parameter-written-differently", after.pointer, name
    yield from judges.schemas["request"].compare(_schema(before), _schema(after))


def _style(parameter: dict[str, Any]) -> tuple[Any, ...]:
    style = parameter.get("style", _STYLES.get(str(parameter.get("in"))))
    media = list(parameter["content"]) if isinstance(parameter.get("content"), dict) else []
    return style, bool(parameter.get("explode", style == "form")), media


def _schema(owner: Side) -> Side:
    """The schema of a parameter or header, also where it stands under a media type."""
    for name in owner.children("content"):
        return owner.child("content", name).followed().child("schema")
    return owner.child("schema")


def _bodies(before: Side, after: Side, judges: Judges) -> Iterator[Found]:
    if before.node is None and after.node is None:
        return
    if after.node is None:
        yield "body-removed", before.pointer, ""
    elif before.node is None:
        yield f"body-added-{'required' if _is_required(after) else 'optional'}", after.pointer, ""
    else:
        if _is_required(before) != _is_required(after):
            yield f"body-became-{'required' if _is_required(after) else 'optional'}", after.pointer, ""
        yield from _medias(before, after, "request", judges)


def _medias(before: Side, after: Side, direction: Direction, judges: Judges) -> Iterator[Found]:
    old, new = _by_type(before), _by_type(after)
    yield from ((f"{direction}-media-type-removed", old[name].pointer, name) for name in old if name not in new)
    yield from ((f"{direction}-media-type-added", new[name].pointer, name) for name in new if name not in old)
    for name in old.keys() & new.keys():
        if direction == "request" and old[name].node.get("encoding") != new[name].node.get("encoding"):
            yield "request-encoding-changed", new[name].pointer, name
        yield from judges.schemas[direction].compare(old[name].child("schema"), new[name].child("schema"))


def _by_type(owner: Side) -> dict[str, Side]:
    """Media types without regard to case and blanks."""
    sides = {name.replace(" ", "").lower(): side.followed() for name, side in owner.children("content").items()}
    return {name: side for name, side in sides.items() if isinstance(side.node, dict)}


def _answers(before: Side, after: Side, judges: Judges) -> Iterator[Found]:
    old, new = before.children("responses"), after.children("responses")
    for status in [status for status in old if status not in new]:
        yield f"{_kind(status)}-status-removed", old[status].pointer, status
    for status in [status for status in new if status not in old]:
        yield f"{_kind(status)}-status-added", new[status].pointer, status
    for status in [status for status in new if status in old]:
        yield from _answer(old[status].followed(), new[status].followed(), judges)


def _kind(status: str) -> str:
    return "success" if status[:1] in "123" or status == "default" else "error"


def _answer(before: Side, after: Side, judges: Judges) -> Iterator[Found]:
    if judges.is_same(before.node, after.node) or not isinstance(before.node, dict) or not isinstance(after.node, dict):
        return
    yield from _medias(before, after, "response", judges)
    old = {name.lower(): side.followed() for name, side in before.children("headers").items()}
    new = {name.lower(): side.followed() for name, side in after.children("headers").items()}
    yield from (("response-header-removed", old[name].pointer, name) for name in old if name not in new)
    yield from (("response-header-added", new[name].pointer, name) for name in new if name not in old)
    for name in [name for name in new if name in old]:
        if _is_required(old[name]) and not _is_required(new[name]):
            yield "response-header-became-optional", new[name].pointer, name
        yield from judges.schemas["response"].compare(_schema(old[name]), _schema(new[name]))
