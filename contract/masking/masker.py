"""The masker: compiled once from an operation's rules, then used for every answer, from any thread or task.

Paths are matched against the document as it came, so no rule's work changes what another one selects: an element that
is removed does not shift the indices of its neighbours, and a rule inside a removed object still counts as matched.
The answer is always written anew. Whatever cannot be masked for certain raises `Withheld`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from contract.masking.actions import REMOVED, make_action, make_subject_key
from contract.masking.documents import WHITESPACE, check_text, open_container, open_document
from contract.masking.matching import Edge, Level, Matcher
from contract.masking.paths import parse_path
from contract.masking.rules import MaskRule, check_rule
from contract.masking.withheld import REASONS, Reason, Withheld

__all__ = ["REASONS", "Masked", "Masker", "Reason", "Withheld", "compile_masker"]

MIN_HASH_KEY_BYTES = 16
_encode = msgspec.json.Encoder().encode
_CONTAINERS = b"{["


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
        document, hits = open_document(body), set[int]()
        top = self._matcher.level(self._matcher.top)
        masked = document if isinstance(document, msgspec.Raw) else self._mask_opened(document, top, hits)
        if not self._required <= hits:
            raise Withheld("required-missing")
        all_hits |= hits
        return _encode(masked)

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

    def _mask_members(self, members: dict[str, Any], level: Level, hits: set[int]) -> None:
        """Masks an object's members in place."""
        if level.other is None:
            for name, edge in level.named.items():
                if name in members:
                    self._mask_member(members, name, edge, hits)
            return
        for name in list(members):
            self._mask_member(members, name, level.named.get(name, level.other), hits)

    def _mask_member(self, members: dict[str, Any], name: str, edge: Edge, hits: set[int]) -> None:
        masked = self._mask_value(members[name], edge, hits)
        if masked is REMOVED:
            del members[name]
        else:
            members[name] = masked

    def _mask_elements(self, elements: list[Any], level: Level, hits: set[int]) -> list[Any]:
        if level.has_slices:
            for index, edge in level.elements(len(elements)):
                elements[index] = self._mask_value(elements[index], edge, hits)
        elif level.other is not None:
            elements = [self._mask_value(element, level.other, hits) for element in elements]
        else:
            return elements
        return [element for element in elements if element is not REMOVED]

    def _mask_value(self, raw: msgspec.Raw, edge: Edge, hits: set[int]) -> object:
        """What is encoded in a value's place. What is inside one that is changed as a whole is walked for its hits."""
        source, action = bytes(raw), edge.action
        if edge.below and source[0] in _CONTAINERS:
            inside = self._mask_inside(source, self._matcher.level(edge.below), hits)
            raw = raw if inside is None else inside
        if action is None:
            return raw
        hits.update(edge.hits)
        return action.change(source)

    def _mask_inside(self, source: bytes, level: Level, hits: set[int]) -> Any:
        """The opened and masked object or array; None where no rule can name anything in it."""
        if level.needles is not None and not level.can_match(source):
            return None
        return self._mask_opened(open_container(source), level, hits)

    def _mask_opened(self, opened: dict[str, Any] | list[Any], level: Level, hits: set[int]) -> object:
        if isinstance(opened, list):
            return self._mask_elements(opened, level, hits)
        self._mask_members(opened, level, hits)
        return opened


def _check_hash_key(hash_key: bytes, hash_key_id: str) -> None:
    if len(hash_key) < MIN_HASH_KEY_BYTES:
        raise ValueError(f"the mask hash key needs {MIN_HASH_KEY_BYTES} bytes or more")
    if not hash_key_id:
        raise ValueError("the mask hash key needs an id")
