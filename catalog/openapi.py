"""Reading an OpenAPI document: from text to a checked document and its operations. Plain functions, no I/O."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from django.utils.text import slugify
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

MOST_BYTES = 16 * 1024 * 1024
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
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


class _NoAliasLoader(yaml.CSafeLoader):
    """Refuses aliases: a page of them can stand for gigabytes."""


def _refuse_alias(loader: Any, *_args: Any) -> Any:
    if loader.check_event(yaml.AliasEvent):
        mark = loader.peek_event().start_mark
        raise DocumentError(f"Line {mark.line + 1}: YAML aliases are not read; write the value out or use $ref.")
    return yaml.CSafeLoader.compose_node(loader, *_args)


_NoAliasLoader.compose_node = _refuse_alias  # type: ignore[method-assign]


def read_document(text: str | bytes) -> dict[str, Any]:
    """A checked OpenAPI 3.0 or 3.1 document from JSON or YAML. Raises DocumentError."""
    document = _load(_decode(text))
    if not isinstance(document, dict):
        raise DocumentError("The document is not an object; an OpenAPI document begins with openapi: 3.1.0.")
    _refuse_remote_references(document)
    _validate(document)
    return document


def _decode(text: str | bytes) -> str:
    if len(text) > MOST_BYTES:
        raise DocumentError(f"The document is larger than {MOST_BYTES // 1024 // 1024} MiB.")
    try:
        return text if isinstance(text, str) else text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"The document is not UTF-8: byte {error.start} cannot be read.") from None


def _load(text: str) -> Any:
    try:
        return yaml.load(text, _NoAliasLoader)  # noqa: S506 (a safe loader, made stricter)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"Line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise DocumentError(f"{where}not JSON or YAML: {error.problem}.") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DocumentError(f"Not JSON or YAML: {str(error).splitlines()[0]}.") from None


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
    except (RecursionError, TypeError, KeyError, AttributeError, ValueError) as failure:
        raise DocumentError(f"The document cannot be checked: {type(failure).__name__} while reading it.") from None
    if error is not None:
        where = "/".join(str(part) for part in getattr(error, "absolute_path", ())) or "the document"
        raise DocumentError(f"{where}: {str(getattr(error, 'message', error))[:300]}")


def operations_of(document: dict[str, Any]) -> list[OperationDraft]:
    """The document's operations in its order. Raises DocumentError for two with one name in addresses."""
    drafts = [
        _draft(document, path, method, item[method])
        for path, item in (document.get("paths") or {}).items()
        for method in METHODS
        if method in item
    ]
    seen: dict[str, OperationDraft] = {}
    for draft in drafts:
        if twin := seen.get(draft.anchor):
            raise DocumentError(
                f"{draft.method} {draft.path} and {twin.method} {twin.path} need different operationIds."
            )
        seen[draft.anchor] = draft
    return drafts


def _draft(document: dict[str, Any], path: str, method: str, details: dict[str, Any]) -> OperationDraft:
    name = details.get("operationId") or f"{method}{path}"
    return OperationDraft(
        method=method.upper(),
        path=path,
        anchor=slugify(_with_hyphens(name))[:200] or method,
        summary=(details.get("summary") or f"{method.upper()} {path}")[:300],
        description=details.get("description") or "",
        tag=(details.get("tags") or [""])[0][:120],
        scope=_scope(details.get("security", document.get("security")))[:120],
        is_deprecated=bool(details.get("deprecated")),
    )


def _with_hyphens(name: str) -> str:
    text = "".join(f"-{char.lower()}" if char.isupper() else char for char in name)
    return text.replace("/", "-").replace("{", "").replace("}", "")


def _scope(security: Any) -> str:
    """The first scope that the first requirement names; one scope stands for an operation."""
    for requirement in security or []:
        for scopes in requirement.values():
            if scopes:
                return str(scopes[0])
    return ""
