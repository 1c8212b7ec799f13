"""The masker: compiled once from an operation's rules, then used for every answer, from any thread or task.

Paths are matched against the document as it came, so no rule's work changes what another one selects: an element that
is removed does not shift the indices of its neighbours, and a rule inside a removed object still counts as matched.
The answer is always written anew. Whatever cannot be masked for certain raises `Withheld`.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from contract.masking.actions import REMOVED, make_action, make_subject_key
from contract.masking.documents import (
    WHITESPACE,
    Open,
    Opened,
    check_text,
    lost_nothing,
    open_container,
    open_document,
    open_objects,
    open_unchecked,
)
from contract.masking.matching import Edge, Level, Matcher
from contract.masking.paths import parse_path
from contract.masking.rules import MaskRule, check_rule
from contract.masking.withheld import REASONS, Reason, Withheld

__all__ = ["REASONS", "Masked", "Masker", "Reason", "Withheld", "compile_masker"]

MIN_HASH_KEY_BYTES = 16
_encode = msgspec.json.Encoder().encode
_CONTAINERS = b"{["
_ARRAY = ord("[")


#: A value that rules select: what holds it, its name or place there, what is to be done, its text.
Found = tuple[Any, Any, Edge, msgspec.Raw]


_EDGE = itemgetter(2)


class Masked(NamedTuple):
    """The body to send, and the rule paths that named something in it, in the rules' order."""

    body: bytes
    fields: tuple[str, ...]


def compile_masker(rules: Sequence[MaskRule], *, hash_key: bytes, hash_key_id: str, subject: str) -> "Masker":
    """A masker for one consumer (`subject`, its id, which makes hashes the consumer's own).

    Raises RuleError for a bad rule, ValueError for a hash key that is missing or short when a rule needs one.
    """
    for rule in rules:
        check_rule(rule)
    if any(rule.action == "hash" for rule in rules):
        _check_hash_key(hash_key, hash_key_id)
    return Masker(rules, make_subject_key(hash_key, subject), hash_key_id)


class Masker:
    """Made by `compile_masker`."""

    def __init__(self, rules: Sequence[MaskRule], subject_key: bytes, hash_key_id: str) -> None:
        paths = [parse_path(rule.path) for rule in rules]
        self._matcher = Matcher(paths, [make_action(rule, subject_key, hash_key_id) for rule in rules])
        self._levels = self._matcher.levels
        self._rule_paths = [rule.path for rule in rules]
        self._last_hits: frozenset[int] = frozenset()
        self._last_fields: tuple[str, ...] = ()
        self._required = frozenset(index for index, rule in enumerate(rules) if rule.required)

    def mask(self, body: bytes) -> Masked:
        """Masks one JSON document; an empty body stays empty. Raises Withheld."""
        check_text(body)
        hits: set[int] = set()
        masked = self._mask_document(body, hits) if body else self._nothing()
        return Masked(masked, self._fields(hits))

    def mask_lines(self, body: bytes) -> Masked:
        """Masks NDJSON, each line a document with the required rules of its own; blank lines go. Raises Withheld."""
        check_text(body)
        hits: set[int] = set()
        lines = [self._mask_document(line, hits) for line in body.split(b"\n") if line.strip(WHITESPACE)]
        masked = b"".join(line + b"\n" for line in lines) if lines else self._nothing()
        return Masked(masked, self._fields(hits))

    def _mask_document(self, body: bytes, all_hits: set[int]) -> bytes:
        document = open_document(body, open_unchecked)
        found: list[Found] = []
        if type(document) is not msgspec.Raw:
            top = self._levels.get(self._matcher.top) or self._matcher.level(self._matcher.top)
            self._find(document, top, open_unchecked, found)
            if not lost_nothing(body, document):
                document, found = self._search_each(body, top)
        hits: set[int] = set()
        for edge in set(map(_EDGE, found)):
            hits.update(edge.hits)
        if not self._required <= hits:
            raise Withheld("required-missing")
        all_hits |= hits
        _change(found)
        return _encode(document)

    def _search_each(self, body: bytes, top: Level) -> tuple[Opened, list[Found]]:
        """What is done where opening may have lost something: a look at each object that rules lead into."""
        found: list[Found] = []
        document = open_document(body)
        assert not isinstance(document, msgspec.Raw)
        self._find(document, top, open_container, found)
        return document, found

    def _nothing(self) -> bytes:
        if self._required:
            raise Withheld("required-missing")
        return b""

    def _fields(self, hits: set[int]) -> tuple[str, ...]:
        """The paths of rules, each once, in the rules' order; kept for the hits that were met last."""
        if hits != self._last_hits:
            self._last_hits = frozenset(hits)
            self._last_fields = tuple(dict.fromkeys(self._rule_paths[rule] for rule in sorted(hits)))
        return self._last_fields

    def _find(self, opened: Any, level: Level, open_one: Open, found: list[Found]) -> None:
        """Opens in place what rules lead into, and notes what they select, also inside what is changed as a whole."""
        is_object = type(opened) is dict
        for place, edge in level.spelled if is_object and level.other is None else level.edges_of(opened):
            if is_object and place not in opened:
                continue
            raw = opened[place]
            if edge.below:
                opened[place] = self._below(raw, edge, open_one, found)
            if edge.change is not None:
                found.append((opened, place, edge, raw))

    def _below(self, raw: msgspec.Raw, edge: Edge, open_one: Open, found: list[Found]) -> Any:
        """What an edge leads to, opened as far as rules lead."""
        source = bytes(raw)
        if source[0] not in _CONTAINERS:
            return raw
        level = self._levels.get(edge.below) or self._matcher.level(edge.below)
        if level.needles is not None and not level.can_match(source):
            return raw
        of_each = level.of_each
        if of_each is not None and source[0] == _ARRAY and open_one is open_unchecked:
            objects = open_objects(source)
            if objects is not None:
                of_one = self._matcher.level(of_each)
                for one in objects:
                    self._find(one, of_one, open_one, found)
                return objects
        opened = open_one(source)
        self._find(opened, level, open_one, found)
        return opened


def _change(found: list[Found]) -> None:
    """Elements that are removed leave their arrays last, so that all places stay what they were."""
    shortened: dict[int, list[Any]] = {}
    for holder, place, edge, raw in found:
        assert edge.change is not None
        changed = edge.change(bytes(raw))
        if changed is not REMOVED:
            holder[place] = changed
        elif type(holder) is dict:
            del holder[place]
        else:
            holder[place] = REMOVED
            shortened[id(holder)] = holder
    for elements in shortened.values():
        elements[:] = [element for element in elements if element is not REMOVED]


def _check_hash_key(hash_key: bytes, hash_key_id: str) -> None:
    if len(hash_key) < MIN_HASH_KEY_BYTES:
        raise ValueError(f"the mask hash key needs {MIN_HASH_KEY_BYTES} bytes or more")
    if not hash_key_id:
        raise ValueError("the mask hash key needs an id")
