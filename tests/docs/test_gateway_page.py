"""`docs/gateway.md` against the gateway: what it states is so, and what is so stands there."""

import asyncio
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import gateway
from contract.gateway_settings import GatewaySettings
from contract.masking.headers import PASSED
from contract.masking.rules import MaskRule
from contract.problems import PROBLEMS
from contract.records import Api, Limit, Mask
from contract.settings import Settings
from gateway.answer import DROPPED, DROPPED_PREFIXES
from gateway.compiled import REPOSITORY, source_of
from gateway.conditions import CONDITIONS
from gateway.cors import EXPOSED, ORIGIN, WANTED_HEADERS, WANTED_METHOD
from gateway.forward import NEVER_FORWARDED, NOT_WHEN_MASKED, RESERVED_PREFIXES
from gateway.metrics.exposition import METRICS, exposition
from gateway.steps import DEBUG_FIELD
from gateway.trace_context import TRACEPARENT, TRACESTATE
from gateway.verdict import Verdict
from tests.gateway.rig import NOW_MS, Rig
from tests.gateway.tokens import TokenServer

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "gateway.md").read_text()
SOURCES = {path: path.read_text() for path in Path(gateway.__file__).parent.rglob("*.py")}
LIMIT = re.compile(r"_MAX(_|$)|_SECONDS$|_MS$|_PER_SECOND$")
#: Named like a limit, and none.
NO_LIMITS = {"grants.NEVER_MS"}
#: By which a field is read where it may stand several times.
READ_BY_NAME = {ORIGIN, WANTED_METHOD, WANTED_HEADERS, DEBUG_FIELD, TRACEPARENT, TRACESTATE, b"x-forwarded-for"}


def section(title: str) -> str:
    """The text under a heading, up to the next one of its rank or a higher one."""
    marks = title.partition(" ")[0]
    found = re.search(rf"^{re.escape(title)}\n(.*?)(?=^#{{2,{len(marks)}}} |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if not line.startswith("| ---")][
        1:
    ]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def fields(text: str) -> set[bytes]:
    """Names of header fields, in lower case."""
    return {name.lower().encode() for name in quoted(text) if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*[a-z0-9A-Z]", name)}


def first_cells(title: str) -> set[bytes]:
    return fields(" ".join(row[0] for row in rows(title)))


def test_every_setting_of_the_gateway_stands_there_with_its_default() -> None:
    stated = {quoted(row[0])[0].lower(): quoted(row[1])[0] for row in rows("## Settings")}
    assert stated == {name: str(Settings.model_fields[name].default) for name in stated}
    named = {name.lower() for name in quoted(section("## Settings")) if name.isupper()}
    others = {name for name in Settings.model_fields if name.startswith("gateway_")}
    assert named == {*GatewaySettings.model_fields, *others, "require_tls", "trusted_proxies"}
    outcomes = {name for row in rows("## Settings") for name in quoted(row[-1])}
    assert outcomes <= PROBLEMS.keys()


def limits_of_the_code() -> Iterator[tuple[str, str]]:
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if module.name != "gateway.__main__" and not module.ispkg:
            loaded = importlib.import_module(module.name)
            source = SOURCES[REPOSITORY / source_of(module.name)]
            for name, value in vars(loaded).items():
                is_own = re.search(rf"^(?:\w+, )*{name}\b.* = ", source, re.MULTILINE)
                if LIMIT.search(name) and name.isupper() and isinstance(value, int | float) and is_own:
                    number = f"{value:,}" if isinstance(value, int) else f"{value:g}"
                    yield f"{module.name.removeprefix('gateway.')}.{name}", number


def test_every_fixed_limit_stands_there_with_its_value() -> None:
    stated = {quoted(row[0])[0]: row[1] for row in rows("## Fixed limits")}
    assert stated == {name: value for name, value in limits_of_the_code() if name not in NO_LIMITS}


def test_every_field_that_is_read_stands_there() -> None:
    looked_up = re.compile(r'by_name(?:\.get\(|\[)b"([a-z-]+)"|b"([a-z-]+)" in (?:\w+\.)*by_name')
    elsewhere = {"metrics", "masking_step.py"}
    within = [text for path, text in SOURCES.items() if not elsewhere & {*path.parts}]
    read = {(one or other).encode() for text in within for one, other in looked_up.findall(text)}
    assert first_cells("### Read from requests") == read | READ_BY_NAME


def test_every_field_that_never_passes_stands_there() -> None:
    text = section("### Never passed to the upstream")
    always, _, masked = text.partition("On a masked operation")
    prefixes = {name.lower().encode() for name in quoted(always) if name.endswith("-")}
    assert prefixes == set(RESERVED_PREFIXES)
    assert fields(always) == NEVER_FORWARDED
    assert fields(masked) - {b"precondition-failed"} == NOT_WHEN_MASKED | CONDITIONS
    always, _, masked = section("### Taken out of answers").partition("Of a masked answer")
    assert {name.lower().encode() for name in quoted(always) if name.endswith("-")} == set(DROPPED_PREFIXES)
    assert fields(always) == DROPPED
    assert fields(masked) == PASSED


LIFE = {"state": "deprecated", "deprecated_at_ms": 1, "sunset_at_ms": 1_900_000_000_000}
CALL, NEW = "GET /clinic/v1/practitioners HTTP/1.1", "POST /clinic/v1/practitioners HTTP/1.1"
ASKING = ("Origin: https://a.test", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: a")


async def test_every_field_that_is_added_stands_there(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    rig.scene.publish_version(**LIFE)
    rig.scene.publish_plan([Limit("day", "quota", 5, window="day")])
    rig.memory.publish("api", "clinic", Api("api1", "clinic", {"v1": "ver1"}, cors_origins=("*",)))
    monkeypatch.setattr(rig.ledger, "admit", admit_with(rig, [1, 1, 0]))
    key = f"X-API-Key: {rig.scene.new_key(debug=True)}"
    lines = [
        (CALL, key, "Origin: https://a.test", "X-Portcullis-Debug: 1"),
        (f"OPTIONS{CALL[3:]}", *ASKING),
        (CALL,),
        ("GET /clinic/v1/secret HTTP/1.1", key),
        (f"DELETE{CALL[3:]}", key, "Connection: close"),
    ]
    answers = [(await rig.ask(*each)).answers for each in lines]
    rig.upstream.answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
    answers.append(await streamed(rig, key))
    monkeypatch.setattr(rig.ledger, "admit", admit_with(rig, [0, 1, 9], is_admitted=False))
    answers.append((await rig.ask(CALL, key)).answers)
    answers.append((await Rig(require_tls=True).ask(CALL, scheme=b"https")).answers)
    server = TokenServer(rig.scene, now_ms=lambda: NOW_MS)
    token = server.mint_bound()
    proof = server.prove(token, nonce="of another time")
    answers.append((await rig.ask(CALL, f"Authorization: DPoP {token}", f"DPoP: {proof}")).answers)
    added = {name for answer in answers for name in names_of(answer)}
    assert added == first_cells("### Added to answers")


def admit_with(rig: Rig, numbers: list[int], *, is_admitted: bool = True) -> object:
    admit = rig.ledger.admit

    def admitting(*arguments: object) -> object:
        verdict = admit(*arguments)  # type: ignore[arg-type]
        return _settled(verdict, Verdict(is_admitted, verdict.result().at_ms, numbers))

    return admitting


def _settled(future: object, verdict: Verdict) -> object:
    settled = type(future)(loop=future.get_loop())  # type: ignore[attr-defined, call-arg]
    settled.set_result(verdict)  # type: ignore[attr-defined]
    return settled


async def streamed(rig: Rig, key: str) -> bytes:
    """What a client has while the upstream, which says no length, has not ended its answer."""
    connection, transport = rig.connect()
    connection.data_received(f"{CALL}\r\nHost: a\r\n{key}\r\n\r\n".encode())
    async with asyncio.timeout(20):
        while not transport.written.endswith(b"{}\r\n"):
            await asyncio.sleep(0)
    transport.abort()
    return bytes(transport.written)


def names_of(answer: bytes) -> set[bytes]:
    return {line.partition(b":")[0].lower() for line in answer.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]}


async def test_every_field_that_the_upstream_gets_stands_there() -> None:
    rig, seen = Rig(), set()
    key = f"X-API-Key: {rig.key}"
    for lines, body in (((CALL, key), b""), ((NEW, key, "Content-Length: 1"), b"x")):
        (request,) = (await rig.ask(*lines, body=body)).seen
        seen |= {name for name, _ in request.headers}
    (request,) = (await rig.ask(NEW, key, "Transfer-Encoding: chunked", body=b"1\r\nx\r\n0\r\n\r\n")).seen
    seen |= {name for name, _ in request.headers}
    rig = Rig()
    rig.scene.publish_plan(masks=[Mask(MaskRule("$.a", "remove"))])
    (request,) = (await rig.ask(CALL, f"X-API-Key: {rig.key}")).seen
    seen |= {name for name, _ in request.headers}
    assert seen == first_cells("### Added for the upstream")


def test_what_pages_may_read_stands_there() -> None:
    text = section("## Web pages (CORS)").partition("expose ")[2].partition("Others carry")[0]
    assert set(quoted(text)) == set(EXPOSED)


def test_every_metric_stands_there_with_its_labels() -> None:
    known = {metric.name: list(metric.labels) for metric in METRICS}
    assert {quoted(row[0])[0]: quoted(row[1]) for row in rows("## Metrics")} == known
    shown = re.findall(r"^# TYPE (\S+)", "".join(exposition({}, 0.0)), re.MULTILINE)
    assert sorted(shown) == sorted(known)


def test_every_test_that_shows_a_failure_mode_exists() -> None:
    named = [name for row in rows("## Failure modes") for name in quoted(row[-1])]
    written = "".join(path.read_text() for path in (TESTS / "gateway").glob("test_*.py"))
    assert len(named) > 15
    assert [name for name in named if f"def {name}(" not in written] == []


def test_every_problem_that_is_named_exists() -> None:
    slugs = {name for name in quoted(PAGE) if re.fullmatch(r"[a-z]+-[a-z-]+", name)}
    assert slugs <= PROBLEMS.keys() | {"no-store"}
