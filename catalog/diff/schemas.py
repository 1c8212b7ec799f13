"""Two schemas, as a request or an answer has them."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from catalog.diff.sides import BOUNDS, Side, View, view_of

Direction = Literal["request", "response"]
Found = tuple[str, str, str]
"""Rule, pointer, detail."""
Pair = tuple[Side, Side]
Key = tuple[str, str]
_HIDDEN = {"request": "readOnly", "response": "writeOnly"}
_WIDER_FORMATS = {("int32", "int64"), ("float", "double")}
_MOST_CHARACTERS = 120


class SchemaDiff:
    """Compares pairs of schemas as they stand in one direction. `is_same` says in little time that two are the same all
    the way down. What one pair says by itself is kept: operations share most of their schemas."""

    def __init__(self, direction: Direction, is_same: Callable[[Any, Any], bool]) -> None:
        self._direction = direction
        self._is_same = is_same
        self._known: dict[Key, tuple[list[Found], list[Pair]]] = {}

    def compare(self, before: Side, after: Side) -> Iterator[Found]:
        """What changed from one schema to the other and below; each pair once, so schemas may contain themselves."""
        seen: set[Key] = set()
        waiting = [(before, after)]
        while waiting:
            pair = waiting.pop()
            key = (pair[0].pointer, pair[1].pointer)
            if key not in seen and not self._is_same(pair[0].node, pair[1].node):
                seen.add(key)
                found, below = self._alone(key, pair)
                yield from found
                waiting += below

    def _alone(self, key: Key, pair: Pair) -> tuple[list[Found], list[Pair]]:
        """What a pair says without what is below, and the pairs below."""
        if key not in self._known:
            hidden = _HIDDEN[self._direction]
            old, new = (view_of(side.followed(), hidden) for side in pair)
            self._known[key] = list(self._views(old, new, pair[1].followed().pointer)), list(_below(old, new))
        return self._known[key]

    def _views(self, old: View, new: View, pointer: str) -> Iterator[Found]:
        for judge in (self._types, self._values, self._format, self._bounds, self._default):
            yield from judge(old, new, pointer)
        for judge in (self._properties, self._others, self._choices):
            yield from judge(old, new, pointer)
        if old.rest != new.rest:
            words = sorted(key for key in old.rest.keys() | new.rest.keys() if old.rest.get(key) != new.rest.get(key))
            yield "schema-changed", pointer, ", ".join(words)

    def _turn(self, subject: str, *, is_wider: bool) -> str:
        return f"{self._direction}-{subject}-{'widened' if is_wider else 'narrowed'}"

    def _types(self, old: View, new: View, pointer: str) -> Iterator[Found]:
        if old.types != new.types:
            detail = f"{_types_text(old.types)} before, {_types_text(new.types)} now"
            if not _fits(new.types, old.types):
                yield self._turn("type", is_wider=True), pointer, detail
            if not _fits(old.types, new.types):
                yield self._turn("type", is_wider=False), pointer, detail
        if old.is_nullable != new.is_nullable:
            rules = {
                ("request", True): "request-null-taken",
                ("request", False): "request-null-refused",
                ("response", True): "response-may-be-null",
                ("response", False): "response-never-null",
            }
            yield rules[self._direction, new.is_nullable], pointer, ""

    def _values(self, old: View, new: View, pointer: str) -> Iterator[Found]:
        if old.values is None and new.values is None:
            return
        gone = ["any other"] if new.values is not None and old.values is None else _without(old.values, new.values)
        come = ["any other"] if new.values is None and old.values is not None else _without(new.values, old.values)
        if gone:
            yield self._turn("enum", is_wider=False), pointer, _listed(gone)
        if come:
            yield self._turn("enum", is_wider=True), pointer, _listed(come)

    def _format(self, old: View, new: View, pointer: str) -> Iterator[Found]:
        if old.format == new.format:
            return
        if not old.format or (new.format, old.format) in _WIDER_FORMATS:
            yield self._turn("format", is_wider=False), pointer, new.format
        elif not new.format or (old.format, new.format) in _WIDER_FORMATS:
            yield self._turn("format", is_wider=True), pointer, old.format
        else:
            yield "format-changed", pointer, f"{old.format} before, {new.format} now"

    def _bounds(self, old: View, new: View, pointer: str) -> Iterator[Found]:
        for word, sign in BOUNDS.items():
            before, after = old.bounds.get(word), new.bounds.get(word)
            if before == after:
                continue
            detail = f"{word} {_number(before)} before, {_number(after)} now"
            is_wider = after is None or (before is not None and (after - before) * sign < 0)
            yield self._turn("bound", is_wider=is_wider), pointer, detail

    def _default(self, old: View, new: View, pointer: str) -> Iterator[Found]:
        if self._direction != "request" or old.default == new.default:
            return
        detail = f"{_short(old.default)} before, {_short(new.default)} now"
        yield ("default-added" if old.default is None else "default-changed"), pointer, detail

    def _properties(self, old: View, new: View, pointer: str) -> Iterator[Found]:
        for name, side in old.properties.items():
            if name not in new.properties:
                yield f"{self._direction}-property-removed", side.pointer, name
        for name, side in new.properties.items():
            if name in old.properties:
                yield from self._kept(name, old, new, side)
            else:
                is_required = name in new.required
                yield self._added(is_required=is_required), side.pointer, name

    def _added(self, *, is_required: bool) -> str:
        if self._direction == "response":
            return "response-property-added"
        return f"request-property-added-{'required' if is_required else 'optional'}"

    def _kept(self, name: str, old: View, new: View, side: Side) -> Iterator[Found]:
        was, becomes = name in old.required, name in new.required
        if was != becomes:
            yield f"{self._direction}-property-became-{'required' if becomes else 'optional'}", side.pointer, name
        if _is_deprecated(side) and not _is_deprecated(old.properties[name]):
            yield "property-deprecated", side.pointer, name

    def _others(self, old: View, new: View, pointer: str) -> Iterator[Found]:
        """`additionalProperties`: false closes an object."""
        was_closed, is_closed = _is_closed(old), _is_closed(new)
        if was_closed != is_closed:
            words = {
                ("request", True): "request-other-fields-refused",
                ("request", False): "request-other-fields-taken",
                ("response", True): "response-other-fields-closed",
                ("response", False): "response-other-fields-opened",
            }
            yield words[self._direction, is_closed], pointer, ""
        elif _constrains(old.others) != _constrains(new.others):
            yield "schema-changed", pointer, "additionalProperties"

    def _choices(self, old: View, new: View, pointer: str) -> Iterator[Found]:
        """`oneOf` and `anyOf`: alternatives of one name or text are the same; one that is left over on each side is one
        that changed."""
        gone, come, _ = _paired(old.choices, new.choices)
        word = self._direction
        yield from ((f"{word}-alternative-removed", pointer, _title(side)) for side in gone)
        yield from ((f"{word}-alternative-added", pointer, _title(side)) for side in come)


def _below(old: View, new: View) -> Iterator[Pair]:
    """The schemas below that stand for each other."""
    yield from ((side, new.properties[name]) for name, side in old.properties.items() if name in new.properties)
    yield from _paired(old.choices, new.choices)[2]
    for one, other in ((old.items, new.items), (old.others, new.others)):
        if one is not None and other is not None:
            yield one, other


def _fits(inner: frozenset[str] | None, outer: frozenset[str] | None) -> bool:
    """Whether every value of the inner types is one of the outer; an integer is a number."""
    if outer is None or inner is None:
        return outer is None
    return inner <= outer | ({"integer"} if "number" in outer else frozenset())


def _types_text(types: frozenset[str] | None) -> str:
    return "any" if types is None else " or ".join(sorted(types))


def _without(values: list[Any] | None, others: list[Any] | None) -> list[Any]:
    return [value for value in values or [] if not any(_is_equal(value, other) for other in others or [])]


def _is_equal(one: Any, other: Any) -> bool:
    """True is not 1 here."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _listed(values: Iterable[Any]) -> str:
    return _cut(", ".join(value if isinstance(value, str) else _short(value) for value in values))


def _short(value: Any) -> str:
    return "none" if value is None else _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _is_deprecated(side: Side) -> bool:
    node = side.followed().node
    return isinstance(node, dict) and node.get("deprecated") is True


def _is_closed(view: View) -> bool:
    return view.others is not None and view.others.node is False


def _constrains(others: Side | None) -> bool:
    return others is not None and isinstance(others.node, dict) and bool(others.node)


def _paired(old: list[Side], new: list[Side]) -> tuple[list[Side], list[Side], list[tuple[Side, Side]]]:
    """What is gone, what is new, and what stands for each other."""
    waiting = {_title(side): side for side in old}
    come, kept = [], []
    for side in new:
        before = waiting.pop(_title(side), None)
        if before is None:
            come.append(side)
        else:
            kept.append((before, side))
    gone = list(waiting.values())
    if len(gone) == len(come) == 1 and not _is_named(gone[0]) and not _is_named(come[0]):
        return [], [], [*kept, (gone[0], come[0])]
    return gone, come, kept


def _is_named(side: Side) -> bool:
    return isinstance(side.node, dict) and ("$ref" in side.node or "title" in side.node)


def _title(side: Side) -> str:
    """What an alternative is called."""
    if not isinstance(side.node, dict):
        return str(side.node)
    if isinstance(side.node.get("$ref"), str):
        return str(side.node["$ref"]).rpartition("/")[2]
    return str(side.node.get("title") or _cut(json.dumps(side.node, sort_keys=True)))
