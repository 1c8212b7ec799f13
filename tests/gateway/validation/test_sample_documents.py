"""The sample API in force: every example of its documents is let through, and whatever departs from one is refused."""

import copy
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from catalog.request_schemas import request_rules
from gateway.validation.issues import Issue
from gateway.validation.request import CompiledRequest
from tests.demo.clinic_documents import DOCUMENTS, OPERATIONS, WRITING, Operation
from tests.gateway.validation.judging import judge

BODIES = [(operation, kind) for operation in WRITING for kind in operation.bodies]
EVERY = pytest.mark.parametrize("operation", OPERATIONS, ids=str)
EVERY_BODY = pytest.mark.parametrize(("operation", "kind"), BODIES, ids=lambda each: str(each).replace("/", "-"))


def compiled(operation: Operation) -> CompiledRequest:
    rules = request_rules(DOCUMENTS[operation.version], operation.method.upper(), operation.path)
    return CompiledRequest(rules, operation.path)


def example(operation: Operation) -> tuple[str, dict[str, Any]]:
    """The path and query of the documented examples."""
    query = {
        rule["name"]: rule["example"] for rule in operation.parameters if rule["in"] == "query" and "example" in rule
    }
    return operation.target().removeprefix(f"/{operation.version}"), query


def body_issues(operation: Operation, kind: str, body: Any) -> list[Issue]:
    return list(compiled(operation).contents[kind].issues(msgspec.json.encode(body), kind))


@EVERY
def test_the_documented_parameters_are_let_through(operation: Operation) -> None:
    path, query = example(operation)
    assert judge(compiled(operation), path, urlencode(query)) == []
    assert judge(compiled(operation), path) == []


@EVERY
def test_parameters_of_another_kind_are_refused(operation: Operation) -> None:
    path, query = example(operation)
    for rule in operation.parameters:
        if rule["in"] == "path":
            value = str(rule["example"])
            assert {issue.name for issue in judge(compiled(operation), path.replace(value, "~"))} == {rule["name"]}
        elif "format" in rule["schema"] or rule["schema"].get("type") == "integer":
            changed = urlencode({**query, rule["name"]: "~"})
            assert {issue.name for issue in judge(compiled(operation), path, changed)} == {rule["name"]}


@EVERY_BODY
def test_the_documented_bodies_are_let_through(operation: Operation, kind: str) -> None:
    assert body_issues(operation, kind, operation.bodies[kind]) == []


def changes(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where a member gets a value of a type that none of the documents takes, or one more member comes."""
    for name in body:
        changed = copy.deepcopy(body)
        changed[name] = [[]]
        yield f"/{name}", changed
    yield "", {**body, "more": 1}


@EVERY_BODY
def test_bodies_that_depart_from_the_examples_are_refused_at_the_place(operation: Operation, kind: str) -> None:
    for pointer, changed in changes(operation.bodies[kind]):
        assert {issue.pointer for issue in body_issues(operation, kind, changed)} == {pointer}


@EVERY_BODY
def test_bodies_lacking_what_is_required_are_refused(operation: Operation, kind: str) -> None:
    body = operation.bodies[kind]
    for name in operation.body_schema.get("required", ()):
        lacking = {key: value for key, value in body.items() if key != name}
        assert [issue.message for issue in body_issues(operation, kind, lacking)] == [f'Lacks the member "{name}".']
