"""A restriction on each axis of the running installation: the preview told the truth, exactly the calls that it named
answer otherwise after its receipt, everyone else's go on as they were, and undo brings all back."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
import pytest

from contract.records import Restriction as Record
from contract.restrictions import REFUSED_BEFORE, Facts, matches
from tests.functional.callers import PROVE, Answer, Load, call
from tests.stack import Stack

PRACTITIONERS = "/clinic/v2/practitioners?limit=3"
EMAIL = "$.data[*].email"
#: In the normal run one of who, one of what, and a field; all of them when proving.
AXES = ("organisation", "application", "credential", "user", "plan", "networks", "api", "version", "operation", "scope")
TRIED = AXES if PROVE else ("user", "networks", "scope")
CLIENTS = 3 if PROVE else 1
PAUSE_SECONDS = 0.1
CALLS_UNDER_WAY = 30 if PROVE else 3


class Caller(NamedTuple):
    """Differs from the first one in what its name says."""

    name: str
    key: str
    target: str = PRACTITIONERS
    source: str = "127.0.0.2"


class Desk:
    """Somebody who restricts, in a process of the installation."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process = process
        self.port = port
        self.furnished: dict[str, Any] = self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the desk has closed: see its error output"
        return json.loads(line)

    async def ask(self, act: str, *arguments: Any) -> Any:
        """Do something at the desk while calls go on."""
        assert self._process.stdin is not None
        print(json.dumps([act, *arguments]), file=self._process.stdin, flush=True)
        return await asyncio.to_thread(self._answer)

    def callers(self) -> list[Caller]:
        keys = self.furnished["keys"]
        others = [Caller(name, key) for name, key in keys.items() if name != "key"]
        mine = keys["key"]
        return [
            Caller("the one", mine),
            *others,
            Caller("other network", mine, source="127.0.0.3"),
            Caller("other operation", mine, "/clinic/v2/appointments?limit=3"),
            Caller("other version", mine, "/clinic/v1/practitioners/1"),
            Caller("other API", mine, "/annex/v2/practitioners?limit=3"),
        ]

    def record(self, axis: str, how: str = "block", **more: Any) -> dict[str, Any]:
        return {"how": how, axis: self.furnished["axes"][axis], **more}


@contextmanager
def open_desk(stack: Stack) -> Iterator[Desk]:
    command, pipe = [sys.executable, "-m", "tests.functional.restriction_desk"], subprocess.PIPE
    where = {"env": stack.environment, "cwd": stack.repository}
    with subprocess.Popen(command, **where, stdin=pipe, stdout=pipe, text=True) as process:
        yield Desk(process, int(stack.environment["GATEWAY_PORT"]))


@pytest.fixture(scope="module")
def desk(stack: Stack) -> Iterator[Desk]:
    with open_desk(stack) as desk:
        yield desk


async def one_each(desk: Desk, callers: list[Caller]) -> dict[str, Answer]:
    """A call of every caller, at once."""
    answers = await asyncio.gather(
        *(call(desk.port, caller.target, caller.key, source=caller.source) for caller in callers)
    )
    return dict(zip((caller.name for caller in callers), answers, strict=True))


async def logged(desk: Desk, request_ids: set[str]) -> list[dict[str, Any]]:
    """The log, once it holds these calls."""
    async with asyncio.timeout(60):
        while True:
            rows: list[dict[str, Any]] = await desk.ask("log")
            if request_ids <= {row["request_id"] for row in rows}:
                return rows
            await asyncio.sleep(0.1)


def ids(answers: dict[str, Answer]) -> set[str]:
    return {answer.headers["x-request-id"] for answer in answers.values()}


def met(record: dict[str, Any], rows: list[dict[str, Any]]) -> set[str]:
    """Request ids of those that a record concerns, one by one by the contract's own definition."""
    read = msgspec.convert({"id": "", "reference": "", **record}, Record)
    return {row["request_id"] for row in rows if matches(read, Facts(**row["facts"]))}


@pytest.mark.parametrize("axis", TRIED)
async def test_a_block_meets_exactly_the_calls_that_its_preview_named(desk: Desk, axis: str) -> None:
    callers = desk.callers()
    before = await one_each(desk, callers)
    assert {answer.status for answer in before.values()} == {200}
    rows, record = await logged(desk, ids(before)), desk.record(axis)
    changeable = [row for row in rows if row["problem"] not in REFUSED_BEFORE]
    assert set(await desk.ask("replay", record)) == met(record, changeable)
    named = {name for name, answer in before.items() if answer.headers["x-request-id"] in met(record, rows)}
    assert "the one" in named
    assert 0 < len(named) < len(callers)
    unnamed = [caller for caller in callers if caller.name not in named]
    loads = [Load(desk.port, each.target, each.key, CLIENTS, each.source, PAUSE_SECONDS) for each in unnamed]
    await asyncio.gather(*(load.reach(CALLS_UNDER_WAY) for load in loads))
    applied = await desk.ask("apply", record)
    assert None not in applied["took"]
    during = await one_each(desk, callers)
    await asyncio.gather(*(load.reach(CALLS_UNDER_WAY) for load in loads))
    undone = await desk.ask("take_back", applied["id"])
    after = await one_each(desk, callers)
    await asyncio.gather(*(load.stop() for load in loads))
    for name, answer in during.items():
        if name in named:
            problem = json.loads(answer.body)
            assert (answer.status, problem["restriction"]) == (403, applied["reference"])
            assert "Tried out" not in answer.body.decode()
            assert "Ask the desk" in answer.body.decode()
        else:
            assert (answer.status, answer.body) == (200, before[name].body), name
    assert None not in undone["took"]
    assert {name: (answer.status, answer.body) for name, answer in after.items()} == {
        name: (200, answer.body) for name, answer in before.items()
    }
    bodies = {each.body for load in loads for each in load.answers}
    assert {each.status for load in loads for each in load.answers} == {200}
    assert bodies <= {answer.body for name, answer in before.items() if name not in named}


async def test_a_mask_on_a_field_changes_that_field_alone_for_whom_it_names(desk: Desk) -> None:
    callers = desk.callers()
    before = await one_each(desk, callers)
    record = desk.record("operation", "mask", application=desk.furnished["axes"]["application"])
    record |= {"masks": [{"path": EMAIL, "action": "redact"}]}
    rows = await logged(desk, ids(before))
    answered = [row for row in rows if row["outcome"] == "answered" and row["status"] == 200]
    assert set(await desk.ask("replay", record)) == met(record, answered)
    named = {name for name, answer in before.items() if answer.headers["x-request-id"] in met(record, rows)}
    assert named == {"the one", "other key", "other network"}
    applied = await desk.ask("apply", record)
    during = await one_each(desk, callers)
    await desk.ask("take_back", applied["id"])
    after = await one_each(desk, callers)
    for name, answer in during.items():
        expected = json.loads(before[name].body)
        for row in expected["data"] if name in named else ():
            assert row["email"]
            row["email"] = None
        assert json.loads(answer.body) == expected, name
    assert {name: answer.body for name, answer in after.items()} == {
        name: answer.body for name, answer in before.items()
    }


async def test_a_throttle_slows_whom_it_names_and_nobody_else(desk: Desk) -> None:
    callers = desk.callers()
    the_one, neighbour = callers[0], next(each for each in callers if each.name == "other organisation")
    record = desk.record("application", "throttle", throttle={"amount": 2, "period_seconds": 3600})
    applied = await desk.ask("apply", record)
    slowed = [await call(desk.port, the_one.target, the_one.key, source=the_one.source) for _ in range(6)]
    free = [await call(desk.port, neighbour.target, neighbour.key) for _ in range(6)]
    await desk.ask("take_back", applied["id"])
    after = await call(desk.port, the_one.target, the_one.key)
    assert [answer.status for answer in slowed] == [200, 200, 429, 429, 429, 429]
    assert json.loads(slowed[-1].body)["restriction"] == applied["reference"]
    assert {answer.status for answer in free} == {200}
    assert after.status == 200
