"""What dies, and what must go on meanwhile: a part of the running installation is taken away, and given back.

A gateway's own death stands in `test_calls.py`.
"""

import asyncio
import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from contract.valkey_keys import FEED, GATEWAYS
from tests.functional.callers import Answer, Load, call
from tests.functional.waiting import wait_for
from tests.stack import Stack

COMES_BACK_WITHIN_SECONDS = 30
LEASE_SECONDS = 5
IN_A_ROW = 40


def port(stack: Stack, name: str = "GATEWAY_PORT") -> int:
    return int(stack.environment[name])


async def sample(stack: Stack) -> Answer:
    return await call(port(stack), stack.demo["sample"], stack.demo["keys"]["pro"])


async def page(stack: Stack, path: str) -> Answer:
    return await call(port(stack, "PORTAL_PORT"), path, "-")


async def until_status(stack: Stack, wanted: int, unwanted: int = 401) -> Answer:
    """Call until the wanted status comes; the unwanted one must not come meanwhile."""
    deadline = time.monotonic() + COMES_BACK_WITHIN_SECONDS
    while (answer := await sample(stack)).status != wanted:
        assert answer.status != unwanted
        assert time.monotonic() < deadline, f"still {answer.status}"
        await asyncio.sleep(0.05)
    return answer


async def until_every_worker_serves(stack: Stack) -> None:
    """One that serves says nothing of the other: calls go to whichever takes the connection."""
    deadline, served = time.monotonic() + COMES_BACK_WITHIN_SECONDS, 0
    while served < IN_A_ROW:
        assert time.monotonic() < deadline, f"only {served} in a row"
        served = served + 1 if (await sample(stack)).status == 200 else 0


async def until(condition: object) -> None:
    await asyncio.to_thread(wait_for, condition)


def kill(stack: Stack, name: str) -> int:
    """The process id of what was killed."""
    pid = int(stack.pids[name])
    os.kill(pid, signal.SIGKILL)
    return pid


def problem_of(answer: Answer) -> str:
    return str(json.loads(answer.body)["type"]).rstrip("/").rpartition("/")[2]


def rows_of(stack: Stack, answer: Answer) -> int:
    """How many rows the log has of a call."""
    connection = sqlite3.connect(stack.var_dir / "portcullis.sqlite3", timeout=30)
    try:
        request_id = answer.headers["x-request-id"]
        return int(
            connection.execute("SELECT count(*) FROM analytics_call WHERE request_id = ?", [request_id]).fetchone()[0]
        )
    finally:
        connection.close()


async def test_without_portal_and_worker_calls_go_on_and_their_rows_come_later(busy_stack: Stack) -> None:
    stack = busy_stack
    dead = {name: kill(stack, name) for name in ("portal", "worker")}
    answers = [await sample(stack) for _ in range(20)]
    assert [answer.status for answer in answers] == [200] * 20
    await until(lambda: all(stack.pids.get(name, pid) != pid for name, pid in dead.items()))
    await until(lambda: rows_of(stack, answers[-1]))
    assert [rows_of(stack, answer) for answer in answers] == [1] * 20


@contextmanager
def no_database(stack: Stack) -> Iterator[None]:
    """The file is away, and a folder stands in its place, so that nobody makes a new one."""
    database = stack.var_dir / "portcullis.sqlite3"
    away = database.with_suffix(".away")
    database.rename(away)
    database.mkdir()
    try:
        yield
    finally:
        database.rmdir()
        away.rename(database)


async def test_without_the_database_calls_go_on_and_pages_say_503(busy_stack: Stack) -> None:
    stack = busy_stack
    database = stack.var_dir / "portcullis.sqlite3"
    with no_database(stack):
        answers = [await sample(stack) for _ in range(20)]
        assert [answer.status for answer in answers] == [200] * 20
        refused = await page(stack, "/plans/")
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        assert b"Nothing changed" in refused.body
        assert (await page(stack, "/readyz")).status == 503
        assert stack.manage("key_revoke", "key_any").returncode != 0
    assert (await page(stack, "/plans/")).status == 200
    await until(lambda: rows_of(stack, answers[-1]))
    assert is_whole(database)


def is_whole(database: Path) -> bool:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        connection.close()


async def test_without_valkey_calls_are_503_never_401_and_pages_are_there(busy_stack: Stack) -> None:
    stack = busy_stack
    load = Load(port(stack), stack.demo["sample"], stack.demo["keys"]["pro"], clients=10)
    await load.reach(50)
    dead = kill(stack, "valkey")
    await load.reach(20, status=503)
    assert (await page(stack, "/plans/")).status == 200
    await until(lambda: stack.pids.get("valkey", dead) != dead)
    await load.reach(200)
    await load.stop()
    assert {answer.status for answer in load.answers} == {200, 503}
    refused = next(answer for answer in load.answers if answer.status == 503)
    assert (problem_of(refused), refused.headers["retry-after"]) == ("unavailable", "1")


def valkey(stack: Stack) -> redis.Redis:
    return redis.Redis(unix_socket_path=(stack.var_dir / "valkey.socket").read_text())


@contextmanager
def unreadable_feed(client: redis.Redis) -> Iterator[None]:
    """Valkey refuses to read streams, and does all else."""
    commands = ("xread", "xinfo|stream")
    client.execute_command("ACL", "SETUSER", "default", *(f"-{name}" for name in commands))
    try:
        yield
    finally:
        client.execute_command("ACL", "SETUSER", "default", *(f"+{name}" for name in commands))


async def test_with_only_the_feed_lost_memory_is_trusted_for_the_lease(busy_stack: Stack) -> None:
    stack, client = busy_stack, valkey(busy_stack)
    assert (await sample(stack)).status == 200
    with unreadable_feed(client):
        lost_at = time.monotonic()
        assert (await sample(stack)).status == 200
        answer = await until_status(stack, 503)
        assert problem_of(answer) == "unavailable"
        assert time.monotonic() - lost_at > LEASE_SECONDS - 2
        assert client.zcard(GATEWAYS)
        assert client.xlen(FEED)
    await until_every_worker_serves(stack)


async def test_without_the_upstream_calls_are_502_and_come_back(busy_stack: Stack) -> None:
    stack = busy_stack
    assert (await sample(stack)).status == 200
    dead = kill(stack, "upstream")
    failed = await until_status(stack, 502)
    assert problem_of(failed).startswith("upstream")
    await until(lambda: stack.pids.get("upstream", dead) != dead)
    await until_status(stack, 200)
    await until(lambda: rows_of(stack, failed))
