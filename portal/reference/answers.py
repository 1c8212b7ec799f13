"""What an operation answers besides success: its own document's answers, and those of the gateway in front of it."""

from collections.abc import Iterator
from typing import NamedTuple

from catalog.documents import Node, members, operation_object, resolve
from catalog.models import Operation
from plans.models import Plan
from plans.words import limit_words


class Answer(NamedTuple):
    """A status and when it comes, in CommonMark; `problem` names the page of its type where the gateway gives it."""

    status: int
    text: str
    problem: str = ""


def other_answers(operation: Operation, plan: Plan, *, is_masked: bool) -> list[Answer]:
    """By status, the API's own before the gateway's."""
    document = operation.version.document
    answers = [*_documented(document, operation), *_of_gateway(operation, plan, is_masked=is_masked)]
    return sorted(answers, key=lambda answer: answer.status)


def _documented(document: Node, operation: Operation) -> Iterator[Answer]:
    answers = members(operation_object(document, operation.method, operation.path), "responses")
    for code, answer in answers.items():
        if code.isdigit() and code[:1] in "345":
            yield Answer(int(code), str(resolve(document, answer).get("description") or ""))


def _of_gateway(operation: Operation, plan: Plan, *, is_masked: bool) -> Iterator[Answer]:
    yield _answer(401, "No key, or a revoked or expired one. Send `Authorization: Bearer`.", "unauthenticated")
    if operation.scope:
        yield _answer(403, f"The key or the plan lacks `{operation.scope}`.", "insufficient-scope")
    if operation.version.is_ageing:
        yield _answer(410, f"{operation.version.name} after its end. Call its successor.", "version-retired")
    if operation.sunset_at:
        yield _answer(410, "This operation after its end; the others go on.", "operation-retired")
    if limits := [limit_words(limit) for limit in plan.limits.all()]:
        yield _answer(429, f"More than {' or '.join(limits)} on {plan}. Wait for `Retry-After`.", "rate-limited")
    if is_masked:
        yield _answer(502, f"The answer could not be masked for {plan}, so none of it was sent.", "response-withheld")


def _answer(status: int, text: str, problem: str) -> Answer:
    return Answer(status, text, problem)
