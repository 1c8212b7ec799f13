"""Reading an OpenAPI document: from text to a checked document and its operations. Plain functions, no I/O."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.utils.text import slugify
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
from referencing.exceptions import Unresolvable

from catalog.yaml_text import TextError, read_text

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PARAMETER = re.compile(r"\{[^{}]*\}")
_VALIDATORS = {"3.0": OpenAPIV30SpecValidator, "3.1": OpenAPIV31SpecValidator}


class DocumentError(ValueError):
    """One sentence for the person who imports: what is wrong and where."""


class OperationDraft(NamedTuple):
    """An operation as the document gives it."""

    method: str
    path: str
    anchor: str
    summary: str
    description: str
    tag: str
    scope: str
    is_deprecated: bool


def read_document(text: str | bytes) -> dict[str, Any]:
    """A checked OpenAPI 3.0 or 3.1 document from JSON or YAML. Raises DocumentError."""
    try:
        document = read_text(text)
    except TextError as error:
        raise DocumentError(str(error)) from None
    if not isinstance(document, dict):
        raise DocumentError("The document is not an object; an OpenAPI document begins with openapi: 3.1.0.")
    _refuse_remote_references(document)
    _validate(document)
    return document


def _refuse_remote_references(document: dict[str, Any]) -> None:
    for where, reference in _references(document):
        if not isinstance(reference, str) or not reference.startswith("#/"):
            raise DocumentError(f"{where}: $ref {reference!r} is not local; bundle the document into one file first.")


def _references(node: Any, where: str = "#") -> Iterator[tuple[str, Any]]:
    waiting = [(where, node)]
    while waiting:
        where, node = waiting.pop()
        if isinstance(node, dict):
            if "$ref" in node and not where.endswith("/properties"):
                yield where, node["$ref"]
            waiting += [(f"{where}/{key}", value) for key, value in node.items() if key not in ("example", "examples")]
        elif isinstance(node, list):
            waiting += [(f"{where}/{index}", value) for index, value in enumerate(node)]


def _validate(document: dict[str, Any]) -> None:
    version = str(document.get("openapi", ""))
    validator = _VALIDATORS.get(version[:3])
    if "swagger" in document:
        raise DocumentError("This is Swagger 2.0; convert it to OpenAPI 3 first (most editors export both).")
    if validator is None:
        raise DocumentError(f"openapi: {version or 'missing'}; 3.0 and 3.1 are read.")
    try:
        error = next(iter(validator(document).iter_errors()), None)
    except Unresolvable as failure:
        raise DocumentError(f"$ref {failure.ref!r} leads nowhere.") from None
    except Exception as failure:
        # The validator trips over what it does not expect in many ways; none of them may pass for a valid document.
        raise DocumentError(f"The document cannot be checked: {type(failure).__name__} while reading it.") from None
    if error is not None:
        raise DocumentError(_sentence(error))


def _sentence(error: Exception) -> str:
    """Where and what, without the schema and the excerpt that follow in the validator's own text."""
    where = "/".join(str(part) for part in getattr(error, "absolute_path", ())) or "the document"
    problem = str(getattr(error, "message", error)).strip().partition("\n")[0]
    return f"{where[:200]}: {problem[:300]}"


def operations_of(document: dict[str, Any]) -> list[OperationDraft]:
    """The document's operations in its order. Raises DocumentError for two that could not be told apart."""
    drafts = [
        _draft(document, path, method, item[method])
        for path, item in (document.get("paths") or {}).items()
        for method in METHODS
        if method in _without_reference(path, item)
    ]
    _refuse_twins(drafts, lambda draft: draft.anchor, "need different operationIds")
    _refuse_twins(drafts, lambda draft: (draft.method, shape_of(draft.path)), "are the same path to a caller")
    return drafts


def _without_reference(path: str, item: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in item:
        raise DocumentError(f"paths/{path}: $ref for a whole path is not read; write its operations out.")
    return item


def _refuse_twins(drafts: list[OperationDraft], key: Callable[[OperationDraft], object], problem: str) -> None:
    seen: dict[object, OperationDraft] = {}
    for draft in drafts:
        twin = seen.setdefault(key(draft), draft)
        if twin is not draft:
            raise DocumentError(f"{twin.method} {twin.path} and {draft.method} {draft.path} {problem}.")


def shape_of(path: str) -> str:
    """The path with its parameters' names taken out: two paths of one shape are the same to a caller."""
    return _PARAMETER.sub("{}", path)


def _draft(document: dict[str, Any], path: str, method: str, details: dict[str, Any]) -> OperationDraft:
    name = details.get("operationId") or f"{method}{path}"
    return OperationDraft(
        method=method.upper(),
        path=path,
        anchor=anchor_of(name) or method,
        summary=(details.get("summary") or f"{method.upper()} {path}")[:300],
        description=details.get("description") or "",
        tag=(details.get("tags") or [""])[0][:120],
        scope=_scope(details.get("security", document.get("security")))[:120],
        is_deprecated=bool(details.get("deprecated")),
    )


def anchor_of(name: str) -> str:
    """`readPatient` as it stands in documentation addresses: `read-patient`."""
    text = "".join(f"-{char.lower()}" if char.isupper() else char for char in name)
    return slugify(text.replace("/", "-").replace("{", "").replace("}", ""))[:200]


def _scope(security: Any) -> str:
    """The first scope that the first requirement names; one scope stands for an operation."""
    for requirement in security or []:
        for scopes in requirement.values():
            if scopes:
                return str(scopes[0])
    return ""
