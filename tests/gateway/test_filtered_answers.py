"""A plan that shows only documented fields, through the real gateway."""

import pytest

from contract.answer_rules import AnswerRules, Shape
from contract.masking.rules import MaskRule
from contract.records import Api, Mask, Operation
from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.upstream_server import UpstreamServer, reply

CANARY = b"canary9e1c"
PATH = "/clinic/v1/practitioners/1"
RULES = AnswerRules({"200": 0}, (Shape(members={"id": 1, "email": 1}), Shape()))
BODY = b'{"id":1,"email":"ann@example.org","internal":"%b","email2":["%b"]}' % (CANARY, CANARY)


@pytest.fixture
def filtering(scene: Scene) -> Scene:
    operation = Operation("op_one", "ver1", "GET", "/practitioners/{id}", answers=RULES)
    scene.publisher.publish("operation", "op_one", operation)
    scene.publish_plan(filters_undeclared=True)
    return scene


async def test_undeclared_fields_are_taken_out(
    gateway: GatewayProcess, filtering: Scene, upstream: UpstreamServer
) -> None:
    upstream.answer = reply(BODY)
    answer = await gateway.get(PATH, filtering.new_key(), "Range: bytes=0-5", "Accept-Encoding: gzip")
    assert (answer.status, answer.body) == (200, b'{"id":1,"email":"ann@example.org"}')
    assert upstream.requests[0].header(b"Range") is None
    assert upstream.requests[0].header(b"Accept-Encoding") == b"identity"


async def test_rules_see_the_answer_before_it_is_filtered(
    gateway: GatewayProcess, filtering: Scene, upstream: UpstreamServer
) -> None:
    masks = [Mask(MaskRule("$.email", "redact")), Mask(MaskRule("$.internal", "remove", required=True))]
    filtering.publish_plan(masks=masks, filters_undeclared=True)
    upstream.answer = reply(BODY)
    assert (await gateway.get(PATH, filtering.new_key())).body == b'{"id":1,"email":null}'


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (reply(CANARY, content_type=b"text/plain"), 502, None),
        (reply(b'{"id":1,"id":"%b"}' % CANARY), 502, None),
        (reply(b'{"id":"%b' % CANARY), 502, None),
        (reply(b'{"title":"%b"}' % CANARY, b"500 Oops"), 500, b"{}"),
        (reply(b'"%b"' % CANARY, b"404 Not Found"), 404, b"null"),
        (reply(b'{"id":1}\n{"x":"%b"}\n' % CANARY, content_type=b"application/x-ndjson"), 200, b'{"id":1}\n{}\n'),
    ],
)
async def test_what_is_not_known_to_be_declared_stays_behind(
    gateway: GatewayProcess, filtering: Scene, upstream: UpstreamServer, answer: bytes, status: int, body: bytes | None
) -> None:
    upstream.answer = answer
    got = await gateway.get(PATH, filtering.new_key())
    assert got.status == status
    assert CANARY not in got.body
    assert body is None or got.body == body


async def test_operations_without_rules_and_undocumented_paths_declare_nothing(
    gateway: GatewayProcess, filtering: Scene, upstream: UpstreamServer
) -> None:
    filtering.publisher.publish("api", "clinic", Api("api1", "clinic", {"v1": "ver1"}, unmatched="shadow"))
    upstream.answer = reply(BODY)
    key = filtering.new_key()
    for path in ("/clinic/v1/practitioners", "/clinic/v1/undocumented"):
        answer = await gateway.get(path, key)
        assert (answer.status, answer.body) == (200, b"{}")
