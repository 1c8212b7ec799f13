"""A restriction on each axis of the running installation: the preview told the truth, exactly the calls that it named
answer otherwise after its receipt, everyone else's go on as they were, and undo brings all back."""

import asyncio
import json
from typing import Any

import msgspec
import pytest

from contract.records import Restriction as Record
from contract.restrictions import REFUSED_BEFORE, Facts, matches
from tests.functional.callers import PROVE, Load, call
from tests.functional.desk import Desk, ids, logged, one_each

EMAIL = "$.data[*].email"
#: In the normal run one of who, one of what, and a field; all of them when proving.
AXES = ("organisation", "application", "credential", "user", "plan", "networks", "api", "version", "operation", "scope")
TRIED = AXES if PROVE else ("user", "networks", "scope")
CLIENTS = 3 if PROVE else 1
PAUSE_SECONDS = 0.1
CALLS_UNDER_WAY = 30 if PROVE else 3


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
