"""JSONPath (RFC 9535), the part that a masker can compile: names, wildcards, indices, slices, unions, descendants.

Filters and functions are refused: whether they match depends on values, which the upstream can change unnoticed.
"""

from typing import NamedTuple

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError
from jsonpath_rfc9535.segments import JSONPathRecursiveDescentSegment, JSONPathSegment
from jsonpath_rfc9535.selectors import IndexSelector, NameSelector, SliceSelector, WildcardSelector

MAX_PATH_CHARACTERS = 500
_ENVIRONMENT = JSONPathEnvironment()


class PathError(ValueError):
    """What is wrong with a path, where, and what to do, in a sentence for the admin who wrote it."""


class Segment(NamedTuple):
    """One step down. `slices` hold indices too: index 3 is `slice(3, 4)`."""

    names: frozenset[str]
    slices: tuple[slice, ...]
    wildcard: bool
    descendant: bool

    @property
    def selects_only_names(self) -> bool:
        return not self.slices and not self.wildcard


def parse_path(path: str) -> tuple[Segment, ...]:
    """The path's segments, at least one. Raises PathError."""
    if len(path) > MAX_PATH_CHARACTERS:
        raise PathError(f"The path is longer than {MAX_PATH_CHARACTERS} characters: name the field more directly.")
    try:
        path.encode()
        segments = _ENVIRONMENT.compile(path).segments
    except UnicodeEncodeError as error:
        raise PathError(f"The path holds half a character at position {error.start + 1}: type it again.") from error
    except JSONPathError as error:
        raise PathError(_syntax_sentence(path, error)) from error
    except RecursionError as error:
        raise PathError("The path is nested too deeply: name the field directly, such as $.customer.email.") from error
    if not segments:
        raise PathError("The path $ names the whole answer: name a field in it, such as $.email.")
    return tuple(_segment(path, segment) for segment in segments)


def _syntax_sentence(path: str, error: JSONPathError) -> str:
    position = "" if error.token is None else f" at position {error.token.index + 1}"
    problem = str(error.args[0]) if error.args else "it is not JSONPath"
    return f"The path {path} cannot be read{position} ({problem}): write it like $.customer.email or $.items[*].price."


def _segment(path: str, segment: JSONPathSegment) -> Segment:
    names: set[str] = set()
    slices: list[slice] = []
    wildcard = False
    for selector in segment.selectors:
        if isinstance(selector, NameSelector):
            names.add(selector.name)
        elif isinstance(selector, IndexSelector):
            slices.append(_index_slice(selector.index))
        elif isinstance(selector, SliceSelector) and selector.slice.step != 0:
            slices.append(selector.slice)
        elif isinstance(selector, WildcardSelector):
            wildcard = True
        else:
            raise PathError(_refused_sentence(path, selector))
    return Segment(frozenset(names), tuple(slices), wildcard, isinstance(segment, JSONPathRecursiveDescentSegment))


def _index_slice(index: int) -> slice:
    return slice(index, None if index == -1 else index + 1)


def _refused_sentence(path: str, selector: object) -> str:
    if isinstance(selector, SliceSelector):
        return f"The slice [{selector}] in {path} has step 0 and selects nothing: use a step of 1 or more, or leave it."
    return f"The path {path} has a filter ([{selector}]), which masks cannot use: select by name, index, [*] or .. ."
