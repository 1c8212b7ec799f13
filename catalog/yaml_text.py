"""YAML and JSON texts from people: read strictly, into plain JSON values.

Three habits of YAML are refused. Aliases, because a page of them can stand for gigabytes; names given twice, because
one of the two would be dropped unseen; deep nesting, because the parser beneath recurses without a limit of its own.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

MOST_BYTES = 16 * 1024 * 1024
MOST_LEVELS = 200
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class TextError(ValueError):
    """One sentence for the person who wrote the text: what is wrong and where. Line and column count from 1; 0 where
    they are not known."""

    def __init__(self, sentence: str, line: int = 0, column: int = 0) -> None:
        self.sentence, self.line, self.column = sentence, line, column
        super().__init__(f"Line {line}, column {column}: {sentence}" if line else sentence)


class _Twins(ValueError):
    """A name is given twice in an object of JSON."""


def read_text(text: str | bytes) -> Any:
    """The plain JSON value of a JSON or YAML text; dates become ISO 8601 texts. Raises TextError."""
    decoded = decode(text)
    value = _from_json(decoded) if decoded.lstrip()[:1] in ("{", "[") else _from_yaml(decoded)
    return _storable(value)


def decode(text: str | bytes) -> str:
    """The text of an upload. Raises TextError for what is too large or not UTF-8."""
    if len(text) > MOST_BYTES:
        raise TextError(f"The text is larger than {MOST_BYTES // 1024 // 1024} MiB.")
    try:
        return text if isinstance(text, str) else text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(f"The text is not UTF-8: byte {error.start} cannot be read.") from None


def _from_json(text: str) -> Any:
    """JSON where it is JSON; what only looks like it may be YAML in flow style."""
    try:
        return json.loads(text, object_pairs_hook=_without_twins)
    except json.JSONDecodeError:
        return _from_yaml(text)
    except _Twins as twins:
        # The other reader knows lines.
        _from_yaml(text)
        raise TextError(str(twins)) from None
    except RecursionError:
        raise _too_deep() from None


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise _Twins(f"{twin[:200]!r} is given twice in one object.")
    return members


def _from_yaml(text: str) -> Any:
    try:
        _check_events(text)
        node = yaml.compose(text, yaml.CSafeLoader)
        _refuse_twins(node)
        return SafeConstructor().construct_document(node) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise TextError(f"not JSON or YAML: {error.problem}.", *place) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        if isinstance(error, TextError):
            raise
        raise TextError(f"Not JSON or YAML: {str(error).splitlines()[0]}.") from None


def _check_events(text: str) -> None:
    levels = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _at(event.start_mark, "YAML aliases are not read; write the value out.")
        levels += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if levels > MOST_LEVELS:
            raise _too_deep()


def _at(mark: yaml.Mark, sentence: str) -> TextError:
    return TextError(sentence, mark.line + 1, mark.column + 1)


def _too_deep() -> TextError:
    return TextError(f"The text is nested deeper than {MOST_LEVELS} levels.")


def _refuse_twins(node: yaml.Node | None) -> None:
    for mapping in _mappings(node):
        seen: set[str] = set()
        for key, _ in mapping.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _at(key.start_mark, "a name must be a text.")
            if key.value in seen:
                raise _at(key.start_mark, f"{key.value[:200]!r} is given twice.")
            seen.add(key.value)


def _mappings(node: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    waiting = [node] if node else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            yield node
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _storable(value: Any) -> Any:
    """As JSON holds it: names are texts, dates too. Refuses what a database could not keep."""
    try:
        text = json.dumps(value, default=_date_text, allow_nan=False, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        raise TextError("A text holds half a character (a lone surrogate): write it out.") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise TextError(f"A value cannot be kept as JSON: {error}.") from None
    if _NUL.search(text):
        raise TextError("A text holds the character U+0000.")
    plain = json.loads(text)
    if _levels(plain) > MOST_LEVELS:
        raise _too_deep()
    return plain


def _levels(value: Any) -> int:
    """How deep a value is nested."""
    level, levels = [value], 0
    while level := [each for each in level if isinstance(each, (dict, list))]:
        levels += 1
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
    return levels


def _date_text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no kind of JSON")
