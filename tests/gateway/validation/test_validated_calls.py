"""Through the real gateway: an invalid request reaches no upstream and spends nothing."""

import asyncio
import json
from typing import Any

import pytest

from catalog.request_schemas import request_rules
from contract.records import Api, Limit, Operation
from tests.gateway.gateway_process import Answer, Client, GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.upstream_server import UpstreamServer
from tests.gateway.validation.judging import document
from tests.gateway.waiting import until

PATH = "/clinic/v1/practitioners"
JSON = "Content-Type: application/json"
GOOD, BAD = b'{"name":"Ann"}', b'{"name":5,"canary7f3a":"canary7f3a"}'
PERSON = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}},
    "additionalProperties": False,
}
CONTENT = {"application/json": {"schema": PERSON}, "text/plain": {"schema": {"type": "string", "maxLength": 3}}}
POST = {"requestBody": {"required": True, "content": CONTENT}}
LIST = {"parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 10}}]}
ONE = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]}


def publish(scene: Scene, validation: str) -> None:
    for operation_id, method, path, details in (
        ("op_new", "POST", "/practitioners", POST),
        ("op_list", "GET", "/practitioners", LIST),
        ("op_one", "GET", "/practitioners/{id}", ONE),
    ):
        rules = request_rules(document(details, path=path, method=method.lower()), method, path)
        scene.publisher.publish("operation", operation_id, Operation(operation_id, "ver1", method, path, request=rules))
    scene.publisher.publish("api", "clinic", Api("api1", "clinic", {"v1": "ver1"}, validation=validation))
    scene.publish_plan(limits=[Limit("day", "quota", 100, window="day")])


@pytest.fixture
async def enforcing(gateway: GatewayProcess, scene: Scene) -> GatewayProcess:
    publish(scene, "enforce")
    return gateway


@pytest.fixture
async def reporting(gateway: GatewayProcess, scene: Scene) -> GatewayProcess:
    publish(scene, "report")
    return gateway


async def post(gateway: GatewayProcess, key: str, body: bytes, *lines: str) -> Answer:
    return await gateway.get(PATH, key, *(lines or (JSON,)), method="POST", body=body)


def problem(answer: Answer) -> dict[str, Any]:
    found = json.loads(answer.body)
    return {"slug": found["type"].rstrip("/").rsplit("/", 1)[-1], **found}


def remaining(answer: Answer) -> str:
    return str(answer.header("RateLimit")).split(";")[1]


async def test_an_invalid_body_reaches_nobody_and_spends_nothing(
    enforcing: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    key = scene.new_key()
    assert remaining(await post(enforcing, key, GOOD)) == "r=99"
    answer = await post(enforcing, key, BAD)
    assert (answer.status, answer.header("RateLimit")) == (422, None)
    assert problem(answer)["slug"] == "invalid"
    assert problem(answer)["errors"] == [
        {"in": "body", "pointer": "/name", "message": "Must be of type string."},
        {"in": "body", "pointer": "", "message": "Holds a member that the document does not declare."},
    ]
    assert remaining(await post(enforcing, key, GOOD)) == "r=98"
    assert [request.body for request in upstream.requests] == [GOOD, GOOD]
    await until(lambda: len(scene.publisher.rows()) == 3)
    rows = {row.problem: row for row in scene.publisher.rows()}
    assert (rows["invalid"].outcome, rows["invalid"].invalid, rows["invalid"].bytes_in) == ("refused", True, len(BAD))
    assert not rows[""].invalid
    assert "canary7f3a" not in answer.body.decode() + enforcing.log
    assert b"canary7f3a" not in upstream.bytes_seen


@pytest.mark.parametrize(
    ("target", "place", "name"),
    [(f"{PATH}?limit=11", "query", "limit"), (f"{PATH}?limit=%zz", "query", None), (f"{PATH}/x", "path", "id")],
)
async def test_invalid_parameters_reach_nobody(
    enforcing: GatewayProcess, scene: Scene, upstream: UpstreamServer, target: str, place: str, name: str | None
) -> None:
    key = scene.new_key()
    answer = await enforcing.get(target, key)
    assert answer.status == 422
    assert [(error["in"], error.get("name")) for error in problem(answer)["errors"]] == [(place, name)]
    assert (await enforcing.get(f"{PATH}?limit=10&other=1", key)).status == 200
    assert [request.target for request in upstream.requests] == [b"/base/practitioners?limit=10&other=1"]
    await until(lambda: len(scene.publisher.rows()) == 2)
    assert {row.undeclared for row in scene.publisher.rows() if row.outcome == "answered"} == {1}


@pytest.mark.parametrize(
    ("body", "lines", "status"),
    [
        (GOOD, [], 415),
        (GOOD, ["Content-Type: application/xml"], 415),
        (GOOD, ["Content-Type: application/json; charset=utf-16"], 415),
        (GOOD, ["Content-Type: application/json, text/plain"], 415),
        (GOOD, [JSON, "Content-Encoding: gzip"], 415),
        (GOOD, ["Content-Type: Application/JSON; Charset=UTF-8"], 200),
        (b"", [JSON], 422),
        (b'{"name":"a","name":"b"}', [JSON], 422),
        (b"long text that nobody reads", ["Content-Type: text/plain"], 200),
        (b'"' + b"a" * (1 << 20) + b'"', [JSON], 413),
    ],
)
async def test_bodies_are_taken_by_type_and_size(
    enforcing: GatewayProcess, scene: Scene, upstream: UpstreamServer, body: bytes, lines: list[str], status: int
) -> None:
    answer = await enforcing.get(PATH, scene.new_key(), *lines, method="POST", body=body)
    assert answer.status == status
    assert [request.body for request in upstream.requests] == ([body] if status == 200 else [])


async def test_an_operation_without_a_body_takes_none(
    enforcing: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    answer = await enforcing.get(PATH, scene.new_key(), JSON, body=GOOD)
    assert (answer.status, problem(answer)["detail"]) == (415, "This operation takes no body.")
    assert upstream.requests == []


async def test_a_body_in_chunks_is_read_whole_and_passed_on(
    enforcing: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    key = scene.new_key()
    async with Client(enforcing.port) as client:
        for name, status in ((b'"Ann"', 200), (b"5", 422), (b'"Bob"', 200)):
            head = (
                f"POST {PATH} HTTP/1.1\r\nHost: g\r\n{JSON}\r\nTransfer-Encoding: chunked\r\nX-API-Key: {key}\r\n\r\n"
            )
            client.writer.write(head.encode())
            for byte in b'{"name":' + name + b"}":
                client.writer.write(b"1\r\n%c\r\n" % byte)
                await asyncio.sleep(0)
            client.writer.write(b"0\r\n\r\n")
            assert (await client.read()).status == status
    assert [request.body for request in upstream.requests] == [b'{"name":"Ann"}', b'{"name":"Bob"}']


async def test_a_client_that_waits_is_told_to_send_what_is_to_be_read(
    enforcing: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: g\r\n{JSON}\r\nExpect: 100-continue\r\nX-API-Key: {scene.new_key()}\r\n"
    async with Client(enforcing.port) as client:
        client.writer.write(f"{head}Content-Length: {len(GOOD)}\r\n\r\n".encode())
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.writer.write(GOOD)
        assert (await client.read()).status == 200
        client.writer.write(f"{head}Content-Length: 2000000\r\n\r\n".encode())
        assert (await client.read()).status == 413
    assert [request.body for request in upstream.requests] == [GOOD]


async def test_report_lets_through_and_notes(reporting: GatewayProcess, scene: Scene, upstream: UpstreamServer) -> None:
    key = scene.new_key()
    large = b'"' + b"a" * 3_000_000 + b'"'
    for body in (GOOD, BAD, large):
        assert (await post(reporting, key, body)).status == 200
    assert (await post(reporting, key, BAD, "Content-Type: application/xml")).status == 200
    assert [request.body for request in upstream.requests] == [GOOD, BAD, large, BAD]
    await until(lambda: len(scene.publisher.rows()) == 4)
    assert sorted(row.invalid for row in scene.publisher.rows()) == [False, True, True, True]
    assert {row.outcome for row in scene.publisher.rows()} == {"answered"}


async def test_report_streams_on_what_is_too_long_to_be_read(
    reporting: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    body = b"[" + b"1," * 1_000_000 + b"1]"
    async with Client(reporting.port) as client:
        head = f"POST {PATH} HTTP/1.1\r\nHost: g\r\n{JSON}\r\nTransfer-Encoding: chunked\r\n"
        client.writer.write(f"{head}X-API-Key: {scene.new_key()}\r\n\r\n".encode())
        for at in range(0, len(body), 50_000):
            piece = body[at : at + 50_000]
            client.writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        client.writer.write(b"0\r\n\r\n")
        assert (await client.read()).status == 200
    assert upstream.requests[0].body == body
    await until(lambda: [row.invalid for row in scene.publisher.rows()] == [True])


async def test_a_key_that_goes_on_is_refused_unread(
    enforcing: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    key, other = scene.new_key(), scene.new_key()
    async with Client(enforcing.port) as client:
        statuses = [(await client.ask(PATH, key, JSON, method="POST", body=BAD)).status for _ in range(60)]
        assert statuses[:20] == [422] * 20
        assert 429 in statuses
        assert (await client.ask(PATH, other, JSON, method="POST", body=GOOD)).status == 200
    assert [request.body for request in upstream.requests] == [GOOD]


async def test_rules_that_are_missing_close_an_api_that_is_to_be_validated(
    enforcing: GatewayProcess, scene: Scene, upstream: UpstreamServer
) -> None:
    position = scene.publisher.publish("operation", "op_one", Operation("op_one", "ver1", "GET", "/practitioners/{id}"))
    await until(lambda: scene.publisher.is_applied(position))
    assert (await enforcing.get(f"{PATH}/1", scene.new_key())).status == 503
    assert upstream.requests == []
