"""Which rules select which value, decided on the way down through the document.

All paths are walked at once. A *position* is (rule, how many of its segments lie above); a `Level` is the set of
positions held inside one object or array; an `Edge` is what a set of positions means for one child of it. Both are
made when first met and kept, so that for a document of known shape each step is one look-up.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from contract.masking.actions import Action
from contract.masking.paths import Segment

Positions = frozenset[tuple[int, int]]
_Kept = TypeVar("_Kept")

MAX_LEVELS = 1000
"""Rules with many `..` can meet more sets of positions than are worth keeping."""


class Edge:
    """One child: `hits` are the rules that select it, `change` is that of the most restrictive of them, `below` what
    goes on inside."""

    __slots__ = ("below", "change", "hits")

    def __init__(self, hits: tuple[int, ...], action: Action | None, below: Positions) -> None:
        self.hits = hits
        self.change = action.change if action is not None else None
        self.below = below


class Level:
    """The edges out of one object or array: `spelled` by names that selectors spell, `other` for the rest (None: it
    leads nowhere)."""

    __slots__ = (
        "_matcher",
        "_named",
        "_positions",
        "_unnamed",
        "has_slices",
        "needles",
        "of_each",
        "other",
        "spelled",
    )

    def __init__(self, matcher: "Matcher", positions: Positions) -> None:
        self._matcher = matcher
        self._positions = positions
        segments = [matcher.segment(position) for position in positions]
        self.has_slices = any(segment.slices for segment in segments)
        self._unnamed = self._reached_by_name(None)
        self.other = matcher.edge(self._unnamed)
        names = frozenset[str]().union(*(segment.names for segment in segments))
        self.needles = matcher.needles(positions)
        edges = ((name, matcher.edge(self._reached_by_name(name))) for name in names)
        self._named: dict[str, Edge] = {name: edge for name, edge in edges if edge is not None}
        self.spelled = list(self._named.items())
        self.of_each = self._of_each()

    def _of_each(self) -> Positions | None:
        """What goes on in every element of an array, where all of them are alike and nothing is done to them whole."""
        if self.has_slices or self.other is None or self.other.change is not None or not self.other.below:
            return None
        return self.other.below if self._matcher.needles(self.other.below) is None else None

    def can_match(self, source: bytes) -> bool:
        """False if no rule can name anything inside this JSON text, because a name that it needs does not occur.

        Without a backslash there are no escapes, so names stand in the text as they are.
        """
        if self.needles is None or b"\\" in source:
            return True
        for needle in self.needles:  # noqa: SIM110 (half the time of `any` on a path taken once per object)
            if needle in source:
                return True
        return False

    def edges_of(self, opened: dict[str, Any] | list[Any]) -> list[tuple[Any, Edge]]:
        """Names or places of an opened object or array that lead somewhere, with their edges; of an object perhaps
        names that it does not have, because most levels only spell names and no list need be made then."""
        other = self.other
        if type(opened) is dict:
            return self.spelled if other is None else [(name, self._named.get(name, other)) for name in opened]
        if self.has_slices:
            return list(self._elements(len(opened)))
        return [(index, other) for index in range(len(opened))] if other is not None else []

    def _elements(self, length: int) -> Iterator[tuple[int, Edge]]:
        sliced = self._sliced(length)
        for index in range(length):
            edge = self._matcher.edge(self._unnamed | sliced[index]) if index in sliced else self.other
            if edge is not None:
                yield index, edge

    def _sliced(self, length: int) -> dict[int, Positions]:
        """By element, what its indices and slices reach."""
        reached: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
        for (rule, depth), segment in self._steps():
            for part in segment.slices:
                for index in range(*part.indices(length)):
                    reached[index].add((rule, depth + 1))
        return {index: frozenset(positions) for index, positions in reached.items()}

    def _reached_by_name(self, name: str | None) -> Positions:
        steps = list(self._steps())
        onward = frozenset((rule, depth + 1) for (rule, depth), s in steps if s.wildcard or name in s.names)
        return onward.union(position for position, s in steps if s.descendant)

    def _steps(self) -> Iterator[tuple[tuple[int, int], Segment]]:
        return ((position, self._matcher.segment(position)) for position in self._positions)


class Matcher:
    """The compiled paths of an operation's rules with their actions, in the rules' order. `levels` are those that
    `level` made and kept."""

    def __init__(self, paths: Sequence[tuple[Segment, ...]], actions: Sequence[Action]) -> None:
        self._paths = paths
        self._actions = actions
        self.levels: dict[Positions, Level] = {}
        self._edges: dict[Positions, Edge] = {}
        self.top: Positions = frozenset((rule, 0) for rule in range(len(paths)))

    def segment(self, position: tuple[int, int]) -> Segment:
        rule, depth = position
        return self._paths[rule][depth]

    def needles(self, positions: Positions) -> tuple[bytes, ...] | None:
        """Names of which one must occur for any rule to go on to match; None if looking for them does not pay.

        It pays where `..` would search everything, for a rule that spells a name.
        """
        names: set[str] = set()
        for rule, depth in positions:
            segments = self._paths[rule][depth:]
            spelled = [segment.names for segment in segments if segment.selects_only_names]
            if not spelled or not any(segment.descendant for segment in segments):
                return None
            names |= spelled[-1]
        return tuple(name.encode() for name in names)

    def level(self, positions: Positions) -> Level:
        found = self.levels.get(positions)
        return found if found is not None else _keep(self.levels, positions, Level(self, positions))

    def edge(self, positions: Positions) -> Edge | None:
        if not positions:
            return None
        found = self._edges.get(positions)
        return found if found is not None else _keep(self._edges, positions, self._make_edge(positions))

    def _make_edge(self, positions: Positions) -> Edge:
        hits = tuple(sorted({rule for rule, depth in positions if depth == len(self._paths[rule])}))
        action = min((self._actions[rule] for rule in hits), key=lambda action: action.severity, default=None)
        return Edge(hits, action, frozenset(p for p in positions if p[1] < len(self._paths[p[0]])))


def _keep(kept: dict[Positions, _Kept], key: Positions, value: _Kept) -> _Kept:
    if len(kept) >= MAX_LEVELS:
        kept.clear()
    kept[key] = value
    return value
