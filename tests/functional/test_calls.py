"""Calls through the whole installation: masked as the plan says, limited exactly, refused at once, logged once."""

import asyncio
import itertools
import json
import os
import signal
import sqlite3
import time
from decimal import Decimal
from typing import Any

from tests.functional.callers import PROVE, Answer, Load, call, call_at_once
from tests.functional.waiting import wait_for
from tests.ground.environment import REPOSITORY
from tests.promised import within
from tests.stack import Stack

FREE_MASKS = {"email", "phone", "address.street"}
FIVE_A_MINUTE = "plan: free\nlimits:\n  - {name: minute, kind: rate, amount: 5, period_seconds: 60, burst: 5}\n"
KILLS = 20 if PROVE else 2


def port(stack: Stack, name: str = "GATEWAY_PORT") -> int:
    return int(stack.environment[name])


def fields(body: bytes) -> dict[str, Any]:
    """Values by path, numbers as the texts they are: `4.60` and `4.6` differ."""
    return dict(_flat("", json.loads(body, parse_float=Number, parse_int=Number)))


class Number(str):
    """A number's text."""


def _flat(prefix: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return [(prefix, value)]
    return itertools.chain.from_iterable(_flat(f"{prefix}.{name}".lstrip("."), inner) for name, inner in value.items())


async def test_the_free_plan_masks_its_fields_and_leaves_every_other_value_as_it_was(busy_stack: Stack) -> None:
    stack = busy_stack
    upstream = fields((await call(port(stack, "UPSTREAM_PORT"), "/v1/practitioners/1", "-")).body)
    free = await call(port(stack), stack.demo["masked"], stack.demo["keys"]["free"])
    pro = await call(port(stack), stack.demo["masked"], stack.demo["keys"]["pro"])
    assert (free.status, pro.status) == (200, 200)
    masked = fields(free.body)
    assert {name for name in upstream if masked.get(name) != upstream[name]} == FREE_MASKS
    assert fields(pro.body) == upstream
    assert Decimal(upstream["registry_number"]) > 2**63
    assert isinstance(masked["rating"], Number)
    for name in FREE_MASKS:
        assert str(upstream[name]).encode() not in free.body


async def test_five_a_minute_admits_exactly_five_of_fifty_at_once(busy_stack: Stack) -> None:
    stack = busy_stack
    set_plan(stack, FIVE_A_MINUTE)
    answers = await call_at_once(port(stack), stack.demo["sample"], stack.demo["keys"]["free"], 50)
    set_plan(stack, (REPOSITORY / "demo/plans/free.yaml").read_text())
    assert sorted(answer.status for answer in answers) == [200] * 5 + [429] * 45
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.headers["ratelimit"].startswith('"minute";r=0;t=')
    assert refused.headers["ratelimit-policy"] == '"minute";q=5;w=60'
    assert int(refused.headers["retry-after"]) > 0
    assert refused.headers["content-type"] == "application/problem+json"


def set_plan(stack: Stack, text: str) -> None:
    done = stack.manage("plan_set", "-", text=text)
    assert done.returncode == 0, done.stderr


async def test_a_revoked_key_is_refused_within_a_second_while_another_goes_on(busy_stack: Stack) -> None:
    stack = busy_stack
    sibling = await _key_beside(stack, stack.demo["keys"]["pro"])
    assert (await _status(stack, sibling)) == 200
    done = await asyncio.to_thread(stack.manage, "key_revoke", "-", text=sibling)
    revoked_at = time.monotonic()
    assert done.returncode == 0, done.stderr
    while await _status(stack, sibling) != 401:
        assert time.monotonic() - revoked_at < within(1), "the key still works"
    assert (await _status(stack, stack.demo["keys"]["pro"])) == 200


async def _status(stack: Stack, key: str) -> int:
    return (await call(port(stack), stack.demo["sample"], key)).status


async def _key_beside(stack: Stack, key: str) -> str:
    """Another key of the same application, which the log names."""
    request_id = _request_id(await call(port(stack), stack.demo["sample"], key))
    row = await asyncio.to_thread(wait_for, lambda: _row_of(stack, request_id))
    made = stack.manage("key_create", "--application", row["application"], "--name", "Sibling", "--environment", "test")
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def _row_of(stack: Stack, request_id: str) -> Any:
    return next((row for row in logged(stack) if row["request_id"] == request_id), None)


def logged(stack: Stack) -> list[dict[str, Any]]:
    """The call log as it stands in the database."""
    connection = sqlite3.connect(stack.var_dir / "portcullis.sqlite3", timeout=30)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute("SELECT request_id, application, outcome FROM analytics_call")]
    finally:
        connection.close()


def journalled(stack: Stack) -> list[str]:
    lines = (stack.var_dir / "upstream.ndjson").read_text().splitlines()
    return [entry["request_id"] for entry in map(json.loads, lines) if entry["request_id"]]


async def test_each_upstream_request_has_one_row_though_the_gateway_is_killed_under_load(busy_stack: Stack) -> None:
    stack = busy_stack
    load = Load(port(stack), stack.demo["sample"], stack.demo["keys"]["pro"], clients=20)
    for _ in range(KILLS):
        await load.reach(100)
        os.kill(stack.pids["gateway"], signal.SIGKILL)
        await load.reach(100)
    await load.stop()
    requests = journalled(stack)
    assert len(requests) == len(set(requests))
    rows = await asyncio.to_thread(wait_for, lambda: _complete_rows(stack, set(requests)), 60)
    assert len(rows) == len({row["request_id"] for row in rows})
    without = [row for row in rows if row["request_id"] not in set(requests)]
    assert {row["outcome"] for row in without} <= {"unknown", "refused"}
    # A gateway that died between an answer and its row leaves that row unknown: it is there, and it does not guess.
    told = {row["request_id"] for row in rows if row["outcome"] in ("answered", "unknown")}
    assert {_request_id(answer) for answer in load.answers if answer.status == 200} <= told
    assert "gateway was ended by signal 9" in stack.output.read_text()


def _complete_rows(stack: Stack, requests: set[str]) -> list[dict[str, Any]]:
    """The log once it has a row for every request; dead gateways' calls come after their heartbeat is missed."""
    rows = logged(stack)
    return rows if requests <= {row["request_id"] for row in rows} else []


def _request_id(answer: Answer) -> str:
    return answer.headers["x-request-id"]
