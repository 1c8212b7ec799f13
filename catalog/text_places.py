"""Line and column of a part of a JSON or YAML text that was read already (catalog.yaml_text)."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import yaml

from catalog.problems import Path

_BLANKS = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class Place(NamedTuple):
    """From 1; a column counts characters."""

    line: int
    column: int


def places_of(text: str, paths: Sequence[Path]) -> list[Place]:
    """Where the values stand, or their names in the objects around them; the nearest part above where one does not
    exist."""
    try:
        return [_in_json(text, path) for path in paths]
    except (ValueError, IndexError):
        root = yaml.compose(text, yaml.CSafeLoader)
        return [_in_yaml(root, path) for path in paths]


def _in_json(text: str, path: Path) -> Place:
    index = found = _skip(text, 0)
    if text[index] not in "{[":
        raise ValueError("not JSON")
    for step in path:
        member = next((member for member in _members(text, index) if member[0] == str(step)), None)
        if member is None:
            break
        _, found, index = member
    return Place(text.count("\n", 0, found) + 1, found - text.rfind("\n", 0, found))


def _members(text: str, index: int) -> Iterator[tuple[str, int, int]]:
    """Name, where it begins, and where the value begins; an element's name is its number."""
    if text[index] not in "{[":
        return
    is_object, number, index = text[index] == "{", 0, _skip(text, index + 1)
    while text[index] not in "}]":
        name, begins = str(number), index
        if is_object:
            key, index = _DECODER.raw_decode(text, index)
            name = str(key)
            index = _skip(text, _skip(text, index) + 1)
        yield name, begins, index
        _, index = _DECODER.raw_decode(text, index)
        index, number = _skip(text, index), number + 1
        index = _skip(text, index + 1) if text[index] == "," else index


def _skip(text: str, index: int) -> int:
    found = _BLANKS.match(text, index)
    return found.end() if found else index


def _in_yaml(root: yaml.Node | None, path: Path) -> Place:
    node = root
    mark = node.start_mark if node else None
    for step in path:
        found = _named(node, str(step))
        if found is None:
            break
        key, node = found
        mark = key.start_mark
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _named(node: yaml.Node | None, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if str(key.value) == name), None)
    if isinstance(node, yaml.SequenceNode) and name.isdigit() and int(name) < len(node.value):
        return node.value[int(name)], node.value[int(name)]
    return None
