"""What each plan is served as its document is what it gets: every operation of the running installation is called."""

import json
import re
from typing import Any

import jsonschema_rs
import pytest
import requests

from catalog.documents import Node, members, operation_object, resolve
from catalog.openapi import METHODS
from portal.reference.samples import sample_call
from tests.stack import Stack

KEYS_OF_ALL_PLANS = """
import json
from accounts.models import Application
from audit.actors import command_actor
from accounts.writes import create_application
from catalog.models import Api
from keys.writes import create_key
from plans.models import Plan
from plans.writes import subscribe
by = {"actor": command_actor("test")}
organisation = Application.objects.first().organisation
keys = {}
for plan in Plan.objects.all():
    application = create_application(organisation, plan.name, **by)
    for api in Api.objects.filter(versions__plans=plan).distinct():
        subscribe(application, plan, api, **by)
    keys[plan.slug] = create_key(application, "all", environment="test", scopes=plan.scopes, **by).secret
print(json.dumps(keys))
"""
VERSIONS = ("v1", "v2")
PLANS = ("free", "pro", "partner")


@pytest.fixture(scope="module")
def keys(stack: Stack) -> dict[str, str]:
    done = stack.manage("shell", "--no-imports", "-v", "0", "-c", KEYS_OF_ALL_PLANS)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def portal(stack: Stack) -> str:
    return f"http://localhost:{stack.environment['PORTAL_PORT']}"


def served(portal: str, version: str, plan: str) -> Node:
    response = requests.get(f"{portal}/docs/clinic/{version}/openapi.json", {"plan": plan}, timeout=30)
    assert response.ok, response.text
    document: Node = response.json()
    return document


def operations(document: Node) -> list[tuple[str, str]]:
    return [(method, path) for path, item in document["paths"].items() for method in METHODS if method in item]


def answer_to(document: Node, method: str, path: str, key: str) -> requests.Response:
    call = sample_call(document, method, path, document["servers"][0]["url"])
    headers = {"Authorization": f"Bearer {key}"}
    if call.body:
        headers["Content-Type"] = call.content_type
    return requests.request(call.method, call.url, data=call.body.encode(), headers=headers, timeout=30)


def assert_as_documented(document: Node, method: str, path: str, answer: requests.Response) -> None:
    answers = members(operation_object(document, method, path), "responses")
    assert str(answer.status_code) in answers, (method, path, answer.text)
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    media = members(resolve(document, answers[str(answer.status_code)]), "content").get(kind, {})
    if "schema" in media:
        validator = jsonschema_rs.Draft202012Validator({**document, "x": media["schema"], "$ref": "#/x"})
        assert [str(error) for error in validator.iter_errors(answer.json())] == [], (method, path)
    else:
        assert not answer.content, (method, path)


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("version", VERSIONS)
def test_each_operation_answers_as_the_document_of_its_plan_says(
    portal: str, keys: dict[str, str], version: str, plan: str
) -> None:
    document = served(portal, version, plan)
    found = operations(document)
    assert len(found) > 6
    for method, path in found:
        answer = answer_to(document, method, path, keys[plan])
        assert answer.status_code in (200, 201, 204, 409), (method, path, answer.text)
        assert_as_documented(document, method, path, answer)


def names_of(value: Any) -> set[str]:
    """Every name of a member, anywhere."""
    if isinstance(value, dict):
        return set(value).union(*map(names_of, value.values()))
    return set().union(*map(names_of, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_plan_must_not_know_is_neither_in_its_document_nor_in_what_it_gets(
    portal: str, keys: dict[str, str], version: str
) -> None:
    whole, free = served(portal, version, "partner"), served(portal, version, "free")
    hidden = {names["operationId"] for _, names in pieces(whole)} - {names["operationId"] for _, names in pieces(free)}
    assert hidden
    text = json.dumps(free)
    for name in (*hidden, ":write", "balance", "notes"):
        assert not re.search(rf"{re.escape(name)}\b", text), name
    got = [answer_to(free, method, path, keys["free"]).json() for method, path in operations(free)]
    assert names_of(got) & {"balance", "notes"} == set()


def pieces(document: Node) -> list[tuple[str, Node]]:
    return [(path, document["paths"][path][method]) for method, path in operations(document)]
