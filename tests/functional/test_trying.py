"""What a page of the documentation brings is what the same call from a terminal brings: every operation that reads, on
the running installation, by the real gateway."""

import json
import re
import threading
from html import unescape
from typing import Any

import pytest
import requests

from catalog.documents import Node
from tests.functional.callers import PROVE
from tests.functional.portal_visitor import Visitor
from tests.stack import Stack

#: What is generated from a document is alike for both versions: `make prove` walks the other one as well.
VERSIONS = ("v1", "v2") if PROVE else ("v2",)
FILLED = re.compile(r'<(?:input type="text" name="((?:path|query|header)-\d+)" value="([^"]*)")')
BODY = re.compile(r'aria-label="Body"><code>(.*?)</code>', re.S)
REQUEST = re.compile(r'/logs/([0-9a-f-]{36})/"')


@pytest.fixture
def developer(stack: Stack) -> Visitor:
    visitor, known = Visitor(stack), stack.demo["developer"]
    visitor.post("/login/", login=known["email"], password=known["password"])
    return visitor


def reading_operations(stack: Stack, version: str) -> list[tuple[str, str]]:
    """Names in addresses, and paths."""
    address = f"{stack.demo['portal']}/docs/clinic/{version}/openapi.json"
    document: Node = requests.get(address, {"plan": "free"}, timeout=30).json()
    found = [(path, item["get"]["operationId"]) for path, item in document["paths"].items() if "get" in item]
    return [(re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower(), path) for path, name in found]


def tried(visitor: Visitor, address: str, **values: str) -> str:
    """The page after its form was sent as it stands, but for `values`."""
    shown = {name: unescape(value) for name, value in FILLED.findall(visitor.get(address))}
    return visitor.post(address, **{**shown, **values})


def body_of(page: str) -> Any:
    found = BODY.search(page)
    assert found, page
    return json.loads(unescape(re.sub(r"<[^>]+>", "", found[1])))


def test_each_operation_that_reads_brings_what_the_plans_key_brings(stack: Stack, developer: Visitor) -> None:
    key = {"Authorization": f"Bearer {stack.demo['keys']['free']}"}
    for version in VERSIONS:
        operations = reading_operations(stack, version)
        assert len(operations) > 4
        for anchor, path in operations:
            page = tried(developer, f"/docs/clinic/{version}/{anchor}/try/")
            assert "200 OK" in page, (version, path)
            address = re.search(rf"http://[^\s'&]+/clinic/{version}[^\s'&<]*", unescape(page.partition("PC_KEY")[2]))
            assert address, path
            assert body_of(page) == requests.get(address[0], headers=key, timeout=30).json(), (version, path)


def test_a_value_that_does_not_fit_is_explained_at_its_field(developer: Visitor) -> None:
    page = tried(developer, "/docs/clinic/v2/read-practitioner/try/", **{"path-0": "not a practitioner"})
    assert "422 Unprocessable" in page
    assert page.index('id="id_path-0_error"') < page.index("What was found stands at the fields.")


def test_two_at_once_both_get_their_own_answer(stack: Stack, developer: Visitor) -> None:
    address = "/docs/clinic/v2/list-practitioners/try/"
    pages: list[str] = []
    other, known = Visitor(stack), stack.demo["developer"]
    other.post("/login/", login=known["email"], password=known["password"])
    threads = [threading.Thread(target=lambda one=one: pages.append(tried(one, address))) for one in (developer, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [page.count("200 OK") > 0 for page in pages] == [True, True]
    assert len({request for page in pages for request in REQUEST.findall(page)}) == 2
