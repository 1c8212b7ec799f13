"""What a call tells of itself: its trace, where its time went, one line for each refusal."""

import io
import re
from types import SimpleNamespace

import msgspec
import pytest

from contract.key_format import mint_key
from contract.masking.rules import MaskRule
from contract.records import Mask
from gateway import log as log_module
from gateway.call import Call
from gateway.log import REFUSALS_PER_SECOND, Log
from gateway.refusal import Refused
from gateway.trace_context import without_broken_trace
from tests.gateway.rig import Rig

CALL = "GET /clinic/v1/practitioners HTTP/1.1"
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
DEBUG = "X-Portcullis-Debug: 1"
TIMING = re.compile(rb"\r\nServer-Timing: ((?:[a-z]+;dur=[0-9]+\.[0-9]{3}(?:, )?)+)\r\n")


@pytest.fixture
def rig() -> Rig:
    return Rig()


def steps_of(answers: bytes) -> list[bytes]:
    found = TIMING.search(answers)
    return [part.partition(b";")[0] for part in found[1].split(b", ")] if found else []


async def test_a_key_that_may_know_is_told_where_the_time_went(rig: Rig) -> None:
    key = rig.scene.new_key(debug=True)
    result = await rig.ask(CALL, f"X-API-Key: {key}", DEBUG)
    assert steps_of(result.answers) == [b"parse", b"policy", b"admit", b"upstream"]
    assert result.seen[0].values(b"x-portcullis-debug") == []
    refused = await rig.ask("GET /clinic/v1/secret HTTP/1.1", f"X-API-Key: {key}", DEBUG)
    assert (refused.statuses, steps_of(refused.answers)) == ([403], [b"parse"])
    rig.scene.publish_plan(masks=[Mask(MaskRule("$.a", "remove"))])
    rig.cache.drop(("plan", "plan1"), 99)
    masked = await rig.ask(CALL, f"X-API-Key: {key}", DEBUG)
    assert steps_of(masked.answers) == [b"parse", b"policy", b"admit", b"upstream", b"upstream", b"mask"]


async def test_nobody_else_learns_anything_by_asking(rig: Rig) -> None:
    may, other = rig.scene.new_key(debug=True), rig.scene.new_key()
    for lines in (
        (f"X-API-Key: {may}",),
        (f"X-API-Key: {may}", "X-Portcullis-Debug: 0"),
        (f"X-API-Key: {may}", "X-Portcullis-Debug: true"),
        (f"X-API-Key: {other}", DEBUG),
        (f"X-API-Key: {mint_key('live')}", DEBUG),
        (DEBUG,),
    ):
        assert b"Server-Timing" not in (await rig.ask(CALL, *lines)).answers
    plain = [(await rig.ask(CALL, f"X-API-Key: {other}", *more)).answers for more in ((), (DEBUG,))]
    assert len({re.sub(rb"X-Request-Id: \S+", b"", answer) for answer in plain}) == 1
    dead = rig.scene.new_key(debug=True, status="revoked")
    assert b"Server-Timing" not in (await rig.ask(CALL, f"X-API-Key: {dead}", DEBUG)).answers


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ([("traceparent", PARENT)], ["traceparent"]),
        ([("TraceParent", PARENT), ("tracestate", "a=1, b@c=x y"), ("tracestate", "c=")], ["TraceParent"]),
        (
            [("traceparent", PARENT), ("tracestate", "a=1,,b=2"), ("tracestate", "c=3")],
            ["traceparent", *["tracestate"] * 2],
        ),
        ([("traceparent", "cc" + PARENT[2:] + "-what-comes")], ["traceparent"]),
        ([("traceparent", PARENT + "-x")], []),
        ([("traceparent", "ff" + PARENT[2:])], []),
        ([("traceparent", PARENT.upper())], []),
        ([("traceparent", PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32))], []),
        ([("traceparent", PARENT.replace("00f067aa0ba902b7", "0" * 16))], []),
        ([("traceparent", PARENT), ("traceparent", PARENT)], []),
        ([("traceparent", ""), ("tracestate", "a=1")], []),
        ([("tracestate", "a=1")], []),
        ([("traceparent", PARENT), ("tracestate", "A=1")], ["traceparent"]),
        ([("traceparent", PARENT), ("tracestate", ",".join(f"k{n}=1" for n in range(33)))], ["traceparent"]),
    ],
)
async def test_a_trace_passes_on_unchanged_or_not_at_all(
    rig: Rig, given: list[tuple[str, str]], passed: list[str]
) -> None:
    lines = [f"{name}: {value}" for name, value in given]
    (seen,) = (await rig.ask(CALL, f"X-API-Key: {rig.key}", *lines)).seen
    kept = [(name, value) for name, value in seen.headers if name in (b"traceparent", b"tracestate")]
    assert kept == [(n.lower().encode(), v.encode()) for n, v in given if n in passed]


def test_a_long_trace_costs_little() -> None:
    pairs = [(b"traceparent", PARENT.encode()), (b"tracestate", b"a" * 30_000), (b"X-Other", b"1")]
    assert without_broken_trace(pairs) == [pairs[0], pairs[2]]


class Written:
    """Stands for standard error."""

    def __init__(self) -> None:
        self.buffer = io.BytesIO()

    def lines(self) -> list[dict[str, object]]:
        return [msgspec.json.decode(line) for line in self.buffer.getvalue().splitlines()]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    written = Written()
    monkeypatch.setattr(log_module, "sys", SimpleNamespace(stderr=written))
    return written


async def test_a_refusal_is_one_line_without_anything_of_the_callers(written: Written) -> None:
    rig = Rig()
    rig.log.refusal = Log("gw-x", "INFO").refusal  # type: ignore[method-assign]
    narrow = rig.scene.new_key()
    wrong = mint_key("live")
    for lines in (
        ("GET /clinic/v1/secret?c4n4ry=1 HTTP/1.1", f"X-API-Key: {narrow}", "User-Agent: c4n4ry"),
        (f"GET /clinic/v1/c4n4ry?key={wrong} HTTP/1.1",),
        ("GET /c4n4ry HTTP/1.1", f"X-API-Key: {wrong}"),
        ("GET /c4n4ry", "c4n4ry"),
    ):
        await rig.ask(*lines)
    problems = ["insufficient-scope", "key-in-query", "unauthenticated", "bad-request"]
    assert [line["problem"] for line in written.lines()] == problems
    known, *strangers = written.lines()
    assert (known["application"], known["credential"]) == ("app", narrow[-8:])
    assert not any("credential" in line for line in strangers)
    text = written.buffer.getvalue().decode()
    assert not any(secret in text for secret in ("c4n4ry", narrow, wrong, wrong[-8:], "192.0.2.7"))


def test_a_flood_of_refusals_is_bounded_and_told(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(log_module, "time", SimpleNamespace(monotonic=lambda: now[0], time=lambda: 0.0))
    log, call = Log("gw-x", "INFO"), Call("id", "192.0.2.7")
    for _ in range(REFUSALS_PER_SECOND + 250):
        log.refusal(call, Refused("not-found"), "refused")
    assert len(written.lines()) == REFUSALS_PER_SECOND
    now[0] += 1
    log.refusal(call, Refused("not-found"), "refused")
    assert [line["event"] for line in written.lines()[REFUSALS_PER_SECOND:]] == ["refusals not logged", "refusal"]
    assert written.lines()[REFUSALS_PER_SECOND]["refusals"] == 250
