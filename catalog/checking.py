"""What is wrong with an OpenAPI document. Plain functions: from a document to problems.

The quick judge is the OpenAPI Initiative's own schema, compiled; what it cannot express follows, and the thorough and
slow judge comes last, so that most mistakes are told within a second.
"""

from collections.abc import Iterator
from functools import cache
from itertools import chain, islice
from typing import Any

import jsonschema_rs
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
from openapi_spec_validator.schemas import get_schema_content
from referencing.exceptions import Unresolvable

from catalog.documents import MOST_HOPS, Node, at, elements, members, path_item, resolve
from catalog.openapi_paths import METHODS, parameters_in
from catalog.problems import MOST_PROBLEMS, Path, Problem

READ = ("3.0", "3.1", "3.2")
MOST_PATH_CHARACTERS = 500
_EXAMPLES = ("example", "examples")


def problems_of(document: Any) -> list[Problem]:
    """At most MOST_PROBLEMS; none for a document that can be served."""
    refusal = _refusal(document)
    if refusal:
        return [refusal]
    for check in (_references, _structure, _operations, _thoroughly):
        if found := list(islice(check(document), MOST_PROBLEMS)):
            return found
    return []


def _refusal(document: Any) -> Problem | None:
    """Why a document need not be looked at any further."""
    if not isinstance(document, dict):
        return Problem("The document is not an object; an OpenAPI document begins with openapi: 3.1.0.")
    if "swagger" in document:
        return Problem("This is Swagger 2.0; convert it to OpenAPI 3 first (most editors export both).", ("swagger",))
    version = document.get("openapi", "missing")
    if not isinstance(version, str) or version[:3] not in READ:
        return Problem(f"openapi: {str(version)[:20]}; 3.0, 3.1 and 3.2 are read.", ("openapi",))
    return None


def _structure(document: Node) -> Iterator[Problem]:
    version = document["openapi"][:3]
    yield from _by_schema(document, version)
    if version == "3.2":
        for problem in _by_schema({**document, "openapi": "3.1.0"}, "3.1"):
            text = f"OpenAPI 3.2 allows this, but it is not read here; write it as in 3.1. {problem.text}"
            yield problem._replace(text=text)


def _by_schema(document: Node, version: str) -> Iterator[Problem]:
    for error in _validator(version).iter_errors(document):
        cause = _cause(error)
        yield Problem(_sentence(cause.message), tuple(cause.instance_path))


@cache
def _validator(version: str) -> Any:
    return jsonschema_rs.validator_for(get_schema_content(version))


def _cause(error: Any) -> Any:
    """Of an alternative that fits nothing, the mistake in the branch that went furthest; a reference is none."""
    context = getattr(error.kind, "context", None)
    branches = [branch for branch in context or [] if branch and "$ref" not in branch[0].message]
    if not branches:
        return error
    causes = [_cause(branch[0]) for branch in branches]
    return max(causes, key=lambda cause: len(cause.instance_path))


def _sentence(message: str) -> str:
    """Without the excerpt of the document that may precede: the place says where it stands."""
    line = message.strip().partition("\n")[0]
    for words in (" is not valid under", " is not of type", " does not match", " is not one of", " has additional"):
        before, found, after = line.partition(words)
        if found and len(before) > 80:
            line = f"{before[:77]}…{found}{after}"
    return f"{line[:300].rstrip('.')}."


def _references(document: Node) -> Iterator[Problem]:
    for path, reference in references_of(document):
        if not isinstance(reference, str) or not reference.startswith("#/"):
            text = f"$ref {str(reference)[:200]!r} is not local; bundle the document into one file first."
            yield Problem(text, (*path, "$ref"))
        elif at(document, reference) is None:
            yield Problem(f"$ref {reference[:200]!r} leads nowhere.", (*path, "$ref"))
        elif _goes_in_a_circle(document, reference):
            yield Problem(f"$ref {reference[:200]!r} leads to itself and nowhere else.", (*path, "$ref"))


def references_of(document: Node) -> Iterator[tuple[Path, Any]]:
    """Every `$ref` outside examples, with the path of the object in which it stands."""
    waiting: list[tuple[Path, Any]] = [((), document)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict):
            if "$ref" in node and path[-1:] != ("properties",):
                yield path, node["$ref"]
            waiting += [((*path, key), value) for key, value in node.items() if key not in _EXAMPLES]
        elif isinstance(node, list):
            waiting += [((*path, index), value) for index, value in enumerate(node)]


def _goes_in_a_circle(document: Node, reference: str) -> bool:
    for _ in range(MOST_HOPS):
        node = at(document, reference)
        if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
            return False
        reference = node["$ref"]
    return True


def _operations(document: Node) -> Iterator[Problem]:
    """Parameters of a path that nobody describes, and those described twice."""
    for path in members(document, "paths"):
        item = path_item(document, path)
        if len(path) > MOST_PATH_CHARACTERS:
            yield Problem(f"A path has at most {MOST_PATH_CHARACTERS} characters.", ("paths", path))
        common = elements(item, "parameters")
        for method in METHODS:
            if isinstance(item.get(method), dict):
                place = ("paths", path, method)
                yield from _parameters(document, place, path, [common, elements(item[method], "parameters")])


def _parameters(document: Node, place: Path, path: str, lists: list[list[Any]]) -> Iterator[Problem]:
    keys = [[_key(document, each) for each in parameters] for parameters in lists]
    for found in keys:
        for key in {each for each in found if found.count(each) > 1}:
            yield Problem(f"The parameter {key[1]!r} in {key[0]} is given twice.", place)
    described = {name for where, name in chain(*keys) if where == "path"}
    for name in parameters_in(path):
        if name not in described:
            yield Problem(f"No parameter describes {{{name}}} of the path.", place)


def _key(document: Node, parameter: Any) -> tuple[str, str]:
    node = resolve(document, parameter)
    return str(node.get("in")), str(node.get("name"))


def _thoroughly(document: Node) -> Iterator[Problem]:
    seen = document if document["openapi"][:3] != "3.2" else {**document, "openapi": "3.1.0"}
    try:
        for error in _judge(seen).iter_errors():
            yield Problem(_sentence(str(error.message)), tuple(error.absolute_path))
    except Unresolvable as failure:
        yield Problem(f"$ref {failure.ref!r} leads nowhere.")
    except Exception as failure:
        # The judge trips over what it does not expect in many ways; none of them may pass for a valid document.
        yield Problem(f"The document cannot be checked: {type(failure).__name__} while reading it.")


def _judge(document: Node) -> Any:
    is_old = document["openapi"].startswith("3.0")
    judge = OpenAPIV30SpecValidator(document) if is_old else OpenAPIV31SpecValidator(document)
    schemas: Any = judge.keyword_validators_registry["schema"]
    schemas.visited_schema_ids, schemas.meta_checked_schema_ids = _Numbers(), _Numbers()
    return judge


class _Numbers(set[int]):
    """What the judge takes for a list, and looks through for each of a hundred thousand schemas."""

    append = set.add
