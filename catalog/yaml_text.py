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
    """One sentence for the person who wrote the text: what is wrong and where."""


def read_text(text: str | bytes) -> Any:
    """The plain JSON value of a JSON or YAML text; dates become ISO 8601 texts. Raises TextError."""
    decoded = _decode(text)
    value = _from_json(decoded) if decoded.lstrip()[:1] in ("{", "[") else _from_yaml(decoded)
    return _storable(value)


def _decode(text: str | bytes) -> str:
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
    except RecursionError:
        raise _too_deep() from None


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise TextError(f"{twin!r} is given twice in one object.")
    return members


def _from_yaml(text: str) -> Any:
    try:
        _check_events(text)
        node = yaml.compose(text, yaml.CSafeLoader)
        _refuse_twins(node)
        return SafeConstructor().construct_document(node) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"Line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise TextError(f"{where}not JSON or YAML: {error.problem}.") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        if isinstance(error, TextError):
            raise
        raise TextError(f"Not JSON or YAML: {str(error).splitlines()[0]}.") from None


def _check_events(text: str) -> None:
    levels = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1
            raise TextError(f"Line {line}: YAML aliases are not read; write the value out.")
        levels += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if levels > MOST_LEVELS:
            raise _too_deep()


def _too_deep() -> TextError:
    return TextError(f"The text is nested deeper than {MOST_LEVELS} levels.")


def _refuse_twins(node: yaml.Node | None) -> None:
    for mapping in _mappings(node):
        seen: set[str] = set()
        for key, _ in mapping.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise TextError(f"Line {line}: a name must be a text.")
            if key.value in seen:
                raise TextError(f"Line {line}: {key.value!r} is given twice.")
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
    return json.loads(text)


def _date_text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no kind of JSON")
