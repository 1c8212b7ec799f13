"""Reading an OpenAPI document: from text to a checked document and its operations. Plain functions, no I/O."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.utils.text import slugify

from catalog.checking import problems_of
from catalog.documents import members, path_item
from catalog.openapi_paths import METHODS, shape_of
from catalog.problems import DocumentError, Problem
from catalog.yaml_text import TextError, read_text


class OperationDraft(NamedTuple):
    """An operation as the document gives it. `scope` is None where the document does not say which one it asks for,
    empty where it asks for none."""

    method: str
    path: str
    anchor: str
    summary: str
    description: str
    tag: str
    scope: str | None
    is_deprecated: bool


def read_document(text: str | bytes) -> dict[str, Any]:
    """A checked OpenAPI 3.0, 3.1 or 3.2 document from JSON or YAML. Raises DocumentError."""
    try:
        document = read_text(text)
    except TextError as error:
        raise DocumentError([Problem(error.sentence, (), error.line, error.column)]) from None
    if problems := problems_of(document):
        raise DocumentError(problems)
    return document


def operations_of(document: dict[str, Any]) -> list[OperationDraft]:
    """The document's operations in its order. Raises DocumentError for two that could not be told apart."""
    drafts = [
        _draft(document, path, method, item[method])
        for path, item in _path_items(document)
        for method in METHODS
        if isinstance(item.get(method), dict)
    ]
    _refuse_twins(drafts, lambda draft: draft.anchor, "need different operationIds")
    _refuse_twins(drafts, lambda draft: (draft.method, shape_of(draft.path)), "are the same path to a caller")
    return drafts


def _path_items(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((path, path_item(document, path)) for path in members(document, "paths") if path.startswith("/"))


def _refuse_twins(drafts: list[OperationDraft], key: Callable[[OperationDraft], object], problem: str) -> None:
    seen: dict[object, OperationDraft] = {}
    for draft in drafts:
        twin = seen.setdefault(key(draft), draft)
        if twin is not draft:
            sentence = f"{twin.method} {twin.path} and {draft.method} {draft.path} {problem}."
            raise DocumentError([Problem(sentence, ("paths", draft.path, draft.method.lower()))])


def _draft(document: dict[str, Any], path: str, method: str, details: dict[str, Any]) -> OperationDraft:
    name = details.get("operationId") or f"{method}{path}"
    return OperationDraft(
        method=method.upper(),
        path=path,
        anchor=anchor_of(name) or method,
        summary=(details.get("summary") or f"{method.upper()} {path}")[:300],
        description=details.get("description") or "",
        tag=(details.get("tags") or [""])[0][:120],
        scope=_scope(details.get("security", document.get("security"))),
        is_deprecated=bool(details.get("deprecated")),
    )


def anchor_of(name: str) -> str:
    """`readPatient` as it stands in documentation addresses: `read-patient`."""
    text = "".join(f"-{char.lower()}" if char.isupper() else char for char in name)
    return slugify(text.replace("/", "-").replace("{", "").replace("}", ""))[:200]


def _scope(security: Any) -> str | None:
    """The first scope that the first requirement names; one scope stands for an operation."""
    for requirement in security or []:
        for scopes in requirement.values():
            if scopes:
                return str(scopes[0])[:120]
    return "" if security == [] else None
