"""Reading an OpenAPI document before anything is written: it may take seconds, and no transaction may wait for that."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
from django.core.exceptions import ValidationError

from catalog.answer_schemas import AnswerTable
from catalog.import_models import pack
from catalog.openapi import OperationDraft, operations_of, read_document
from catalog.problems import DocumentError, Problem
from catalog.request_schemas import RulesUnusable, request_rules
from catalog.text_places import places_of
from catalog.yaml_text import decode


class ReadDocument(NamedTuple):
    """A document with its operations and their rules, as they are kept; `rules` stand in the order of `drafts`.

    `unusable` says why some requests could not be validated; empty where all can be. `packed` is what a revision keeps
    of the document: packing megabytes is no work for a transaction.
    """

    document: dict[str, Any]
    drafts: list[OperationDraft]
    rules: list[dict[str, Any]]
    unusable: str
    packed: bytes


def read_for_import(text: str | bytes) -> ReadDocument:
    """Raises ValidationError for what is no OpenAPI document of ours."""
    try:
        return with_rules(checked_document(text))
    except DocumentError as error:
        raise ValidationError({"document": [str(problem) for problem in error.problems]}) from None


def checked_document(text: str | bytes) -> dict[str, Any]:
    """The document of a text, whose operations can be told apart. Raises DocumentError with lines and columns."""
    try:
        document = read_document(text)
        operations_of(document)
    except DocumentError as error:
        raise DocumentError(_located(text, error.problems)) from None
    return document


def _located(text: str | bytes, problems: list[Problem]) -> list[Problem]:
    """Problems of the text itself know their places, and such a text cannot be searched."""
    if any(problem.line for problem in problems) or not any(problem.path for problem in problems):
        return problems
    places = places_of(decode(text), [problem.path for problem in problems])
    return [
        problem._replace(line=place.line, column=place.column) for problem, place in zip(problems, places, strict=True)
    ]


def with_rules(document: dict[str, Any], progress: Callable[[float], None] = lambda _part: None) -> ReadDocument:
    """The operations of a checked document with their rules; `progress` hears how far it got, from 0 to 1."""
    drafts = operations_of(document)
    answers = AnswerTable(document)
    rules, unusable = [], ""
    for number, draft in enumerate(drafts):
        progress(number / len(drafts))
        found, problem = _requests(document, draft)
        unusable = unusable or problem
        known = msgspec.to_builtins(answers.rules(draft.method, draft.path))
        rules.append({"request_rules": found, "answer_rules": known})
    return ReadDocument(document, drafts, rules, unusable, pack(document))


def _requests(document: dict[str, Any], draft: OperationDraft) -> tuple[dict[str, Any] | None, str]:
    """The rules, and why there are none."""
    try:
        return msgspec.to_builtins(request_rules(document, draft.method, draft.path)), ""
    except RulesUnusable as error:
        return None, str(error)
