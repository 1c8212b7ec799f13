"""Match a path to an operation: a tree over path segments, compiled once per published version.

Literal segments go before templated ones (OpenAPI 3.1, "Path Templating Matching"). A segment may mix text and
parameters, as in `/files/{name}.json`. Cost grows with the path's segments, not with the number of operations.
"""

import re
from typing import NamedTuple
from urllib.parse import quote

_PARAMETER = re.compile(r"\{[^{}/]+\}")


class Node:
    """A place in the tree; `methods` maps a method to an operation's public id."""

    __slots__ = ("any", "literals", "methods", "patterns")

    def __init__(self) -> None:
        self.literals: dict[str, Node] = {}
        self.patterns: list[tuple[re.Pattern[str], Node]] = []
        self.any: Node | None = None
        self.methods: dict[str, str] = {}


class Match(NamedTuple):
    """`operation` is None where the path exists without this method; `others` are then the methods it has."""

    operation: str | None
    others: dict[str, str]


class Router:
    """The operations of one version."""

    __slots__ = ("_root",)

    def __init__(self, operations: tuple[tuple[str, str, str], ...]) -> None:
        self._root = Node()
        for method, template, operation in operations:
            self._add(method.upper(), template, operation)

    def _add(self, method: str, template: str, operation: str) -> None:
        node = self._root
        for segment in template.removeprefix("/").split("/"):
            node = _child(node, segment)
        node.methods[method] = operation

    def match(self, method: str, path: str) -> Match | None:
        """Match a path that starts with a slash. None where no template fits; HEAD is matched as GET."""
        wanted = "GET" if method == "HEAD" else method
        segments = path[1:].split("/")
        if (only := _only_node(self._root, segments)) is not None and wanted in only.methods:
            return Match(only.methods[wanted], {})
        others: dict[str, str] = {}
        for node in _nodes(self._root, segments, 0):
            if (operation := node.methods.get(wanted)) is not None:
                return Match(operation, {})
            others = {**node.methods, **others}
        return Match(None, others) if others else None


def _child(node: Node, segment: str) -> Node:
    if not _PARAMETER.search(segment):
        return node.literals.setdefault(quote(segment, safe="-._~!$&'()*+,=:@%"), Node())
    if _PARAMETER.fullmatch(segment):
        node.any = node.any or Node()
        return node.any
    pattern = re.compile("[^/]+".join(re.escape(text) for text in _PARAMETER.split(segment)))
    for known, child in node.patterns:
        if known == pattern:
            return child
    node.patterns.append((pattern, Node()))
    return node.patterns[-1][1]


def _only_node(node: Node, segments: list[str]) -> Node | None:
    """The node that the segments lead to where there is but one way at each step, as in most documents; else None."""
    for segment in segments:
        if node.patterns or (node.any is not None and segment in node.literals):
            return None
        found = node.literals.get(segment) or (node.any if segment else None)
        if found is None:
            return None
        node = found
    return node


def _nodes(node: Node, segments: list[str], at: int) -> "list[Node]":
    """Nodes with operations that the segments lead to, the most literal first."""
    if at == len(segments):
        return [node] if node.methods else []
    segment = segments[at]
    found = _nodes(node.literals[segment], segments, at + 1) if segment in node.literals else []
    for pattern, child in node.patterns:
        if pattern.fullmatch(segment):
            found += _nodes(child, segments, at + 1)
    if node.any is not None and segment:
        found += _nodes(node.any, segments, at + 1)
    return found
