"""Every operation of both documents, answered by the real process and held against its own document."""

import json

import pytest

from demo.upstream.routing import ONLY_IN_V2
from demo.upstream.routing import OPERATIONS as ROUTES
from tests.demo.clinic_documents import DOCUMENTS, OPERATIONS, READING, WRITING, Operation
from tests.demo.upstream_process import Answer, Upstream

EVERY = pytest.mark.parametrize("operation", OPERATIONS, ids=str)
EVERY_READING = pytest.mark.parametrize("operation", READING, ids=str)
EVERY_WRITING = pytest.mark.parametrize("operation", WRITING, ids=str)
SUCCESS = {"get": 200, "post": 201, "patch": 200, "delete": 204}


def check(operation: Operation, answer: Answer, status: int) -> None:
    assert answer.status == status, answer.body
    operation.check(status, answer.headers.get("content-type"), json.loads(answer.body) if answer.body else None)


@EVERY
def test_it_answers_as_its_document_says(operation: Operation, upstream: Upstream) -> None:
    for content_type, body in (operation.bodies or {"": None}).items():
        answer = upstream.call(operation.method.upper(), operation.target(), body, content_type=content_type)
        check(operation, answer, SUCCESS[operation.method])


@EVERY_READING
def test_it_takes_the_query_of_its_document(operation: Operation, read_only_upstream: Upstream) -> None:
    answer = read_only_upstream.call("GET", operation.target(with_query=True))
    check(operation, answer, 200)
    assert answer.json


@EVERY_READING
def test_it_answers_head_with_the_length_and_no_body(operation: Operation, read_only_upstream: Upstream) -> None:
    get = read_only_upstream.call("GET", operation.target())
    head = read_only_upstream.call("HEAD", operation.target())
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(get.body))
    assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize("operation", [each for each in READING if each.id.startswith("read")], ids=str)
def test_its_example_is_what_it_answers(operation: Operation, read_only_upstream: Upstream) -> None:
    example = operation.response(200)["content"]["application/json"]["example"]
    assert example == read_only_upstream.get(operation.target())


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if "{" in each.path], ids=str)
@pytest.mark.parametrize("unknown", ["9999", "pat_zzzzz", "0", "-1", "1e0", "%31", "a" * 3000, "%D9%A1", "~"])
def test_it_does_not_find_unknown_ids(operation: Operation, unknown: str, read_only_upstream: Upstream) -> None:
    body = next(iter(operation.bodies.values()), None)
    answer = read_only_upstream.call(operation.method.upper(), operation.target(unknown=unknown), body)
    check(operation, answer, 404)


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/", "/v1/patients/", "/v1//patients", "/v3/patients", "/v1/patients/x/y/z"]
)
def test_it_does_not_find_other_paths(path: str, read_only_upstream: Upstream) -> None:
    assert read_only_upstream.call("GET", path).status == 404


@pytest.mark.parametrize(("version", "path"), sorted({(each.version, each.path) for each in OPERATIONS}))
def test_it_names_the_documented_methods_to_another(version: str, path: str, read_only_upstream: Upstream) -> None:
    here = [each for each in OPERATIONS if (each.version, each.path) == (version, path)]
    answer = read_only_upstream.call("PUT", here[0].target(), {})
    documented = {each.method.upper() for each in here}
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == documented | ({"HEAD"} if "GET" in documented else set())
    assert answer.headers["content-type"] == "application/problem+json"


def test_it_serves_nothing_undocumented() -> None:
    def plain(path: str) -> str:
        return "/".join("{id}" if part.startswith("{") else part for part in path.split("/"))

    for version, routes in (("v1", ROUTES), ("v2", ROUTES + ONLY_IN_V2)):
        documented = {(each.method.upper(), plain(each.path)) for each in OPERATIONS if each.version == version}
        assert documented == {(method, path) for method, path, _ in routes}
        assert documented


@EVERY_WRITING
@pytest.mark.parametrize(
    "body", [b"", b"{", b"nonsense", b'{"a":1}x', b"\xff\xfe", b"[" * 100_000, b'"\\ud800"', b"NaN"]
)
def test_it_refuses_what_is_not_json(operation: Operation, body: bytes, read_only_upstream: Upstream) -> None:
    answer = read_only_upstream.call(operation.method.upper(), operation.target(), body)
    assert answer.status in (400, 422)
    check(operation, answer, answer.status)


@EVERY_WRITING
@pytest.mark.parametrize("body", [[], "text", 7, None, True])
def test_it_refuses_what_is_not_an_object(operation: Operation, body: object, read_only_upstream: Upstream) -> None:
    encoded = json.dumps(body).encode()
    check(operation, read_only_upstream.call(operation.method.upper(), operation.target(), encoded), 422)


@EVERY_WRITING
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/json; charset=latin-1", "application/jsonx", ""]
)
def test_it_refuses_other_media_types(operation: Operation, content_type: str, read_only_upstream: Upstream) -> None:
    body = operation.bodies["application/json"]
    answer = read_only_upstream.call(operation.method.upper(), operation.target(), body, content_type=content_type)
    check(operation, answer, 415)


@EVERY_WRITING
def test_it_refuses_compressed_bodies(operation: Operation, read_only_upstream: Upstream) -> None:
    answer = read_only_upstream.call(operation.method.upper(), operation.target(), b"\x1f\x8b", content_encoding="gzip")
    check(operation, answer, 415)


@EVERY_WRITING
def test_it_refuses_bodies_over_a_mebibyte(operation: Operation, read_only_upstream: Upstream) -> None:
    limit = 1_048_576
    at_limit = read_only_upstream.call(operation.method.upper(), operation.target(), b" " * limit)
    over = read_only_upstream.call(operation.method.upper(), operation.target(), b" " * (limit + 1))
    assert at_limit.status == 400
    check(operation, over, 413)


def test_both_documents_are_covered() -> None:
    assert {version: len([each for each in OPERATIONS if each.version == version]) for version in DOCUMENTS} == {
        "v1": 12,
        "v2": 13,
    }
