"""Reading an OpenAPI document before anything is written: it may take seconds, and no transaction may wait for that."""

from typing import Any, NamedTuple

import msgspec
from django.core.exceptions import ValidationError

from catalog.answer_schemas import answer_rules
from catalog.openapi import DocumentError, OperationDraft, operations_of, read_document
from catalog.request_schemas import RulesUnusable, request_rules


class ReadDocument(NamedTuple):
    """A document with its operations and their rules, as they are kept; `rules` stand in the order of `drafts`.

    `unusable` says why some requests could not be validated; empty where all can be.
    """

    document: dict[str, Any]
    drafts: list[OperationDraft]
    rules: list[dict[str, Any]]
    unusable: str


def read_for_import(text: str | bytes) -> ReadDocument:
    """Raises ValidationError for what is no OpenAPI document of ours."""
    try:
        document = read_document(text)
        drafts = operations_of(document)
        return _with_rules(document, drafts)
    except (DocumentError, RulesUnusable) as error:
        raise ValidationError({"document": str(error)}) from None


def _with_rules(document: dict[str, Any], drafts: list[OperationDraft]) -> ReadDocument:
    rules, unusable = [], ""
    for draft in drafts:
        answers = msgspec.to_builtins(answer_rules(document, draft.method, draft.path))
        try:
            requests = msgspec.to_builtins(request_rules(document, draft.method, draft.path))
        except RulesUnusable as error:
            requests, unusable = None, unusable or str(error)
        rules.append({"request_rules": requests, "answer_rules": answers})
    return ReadDocument(document, drafts, rules, unusable)
