"""Rotation under load and a leak report through the whole installation, as a developer and a scanner would do it."""

import asyncio
import json
import re
import sqlite3
import urllib.request
from typing import Any

from contract.key_format import SCANNER_REGEX, mint_key
from tests.functional.callers import PROVE, Answer, Load, call
from tests.functional.conftest import LEAK_REPORT_TOKEN
from tests.functional.portal_visitor import Visitor
from tests.functional.waiting import wait_for
from tests.stack import Stack

CLIENTS, CALLS = (20, 2000) if PROVE else (6, 60)
PAUSE_SECONDS = 0.1


def port(stack: Stack) -> int:
    return int(stack.environment["GATEWAY_PORT"])


def make_key(stack: Stack, name: str, *more: str) -> dict[str, Any]:
    """A test key of the sample application, with its id and secret."""
    arguments = ("--application", application_of(stack), "--name", name, "--environment", "test", "--json", *more)
    made = stack.manage("key_create", *arguments)
    assert made.returncode == 0, made.stderr
    return dict(json.loads(made.stdout))


def application_of(stack: Stack) -> str:
    """On the plan that may do most."""
    return str(query(stack, "SELECT public_id FROM accounts_application WHERE name = 'Sample traffic'")[0][0])


def query(stack: Stack, sql: str) -> list[Any]:
    with sqlite3.connect(stack.var_dir / "portcullis.sqlite3") as connection:
        return connection.execute(sql).fetchall()


def rotate(stack: Stack, key: str, *more: str) -> str:
    done = stack.manage("key_rotate", key, *more)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def status(stack: Stack, secret: str) -> int:
    return (await call(port(stack), stack.demo["sample"], secret)).status


async def test_rotation_under_load_fails_no_call_in_the_overlap_and_serves_none_after_its_end(
    busy_stack: Stack,
) -> None:
    stack = busy_stack
    made = await asyncio.to_thread(make_key, stack, "Rotated under load")
    old = Load(port(stack), stack.demo["sample"], made["secret"], CLIENTS, pause_seconds=PAUSE_SECONDS)
    await old.reach(CALLS)
    secret = await asyncio.to_thread(rotate, stack, made["id"], "--overlap", "1h")
    new = Load(port(stack), stack.demo["sample"], secret, CLIENTS, pause_seconds=PAUSE_SECONDS)
    await asyncio.gather(old.reach(CALLS), new.reach(CALLS))
    assert statuses(old.answers) == statuses(new.answers) == {200}
    await asyncio.to_thread(rotate, stack, made["id"], "--end")
    await old.reach(1, status=401)
    seen = len(old.answers)
    await asyncio.gather(old.reach(CALLS, status=401), new.reach(CALLS))
    await asyncio.gather(old.stop(), new.stop())
    # A call that was under way as the first 401 came may have been let in before it.
    assert statuses(old.answers[seen + CLIENTS :]) == {401}
    assert statuses(new.answers) == {200}
    await asyncio.to_thread(wait_for, lambda: counted(stack, made["id"]) >= {"old", "new"})


def statuses(answers: list[Answer]) -> set[int]:
    return {answer.status for answer in answers}


def counted(stack: Stack, key: str) -> set[str]:
    """Which of the two secrets the log has calls of, by the names that the database gives them."""
    rows = query(
        stack,
        "SELECT DISTINCT s.state FROM analytics_call c JOIN keys_secret s ON s.public_id = c.secret"
        f" WHERE c.credential = '{key}'",
    )
    return {{"current": "new", "ended": "old"}[state] for (state,) in rows}


async def test_a_leaked_key_only_reads_until_the_link_in_its_owners_mail_rotates_it(busy_stack: Stack) -> None:
    stack = busy_stack
    scopes = ("--scope", "practitioners:read", "--scope", "patients:write")
    made = await asyncio.to_thread(make_key, stack, "Left in a repository", *scopes)
    leaked = made["secret"]
    assert await both(stack, leaked) == (True, True)
    assert await asyncio.to_thread(report, stack, leaked) == await asyncio.to_thread(report, stack, mint_key("test"))
    await until(lambda: both(stack, leaked), (True, False))
    link = await asyncio.to_thread(wait_for, lambda: mailed_link(stack, made["id"]))
    secret = await asyncio.to_thread(follow, stack, link)
    await until(lambda: status(stack, leaked), 401)
    assert await both(stack, secret) == (True, True)
    await asyncio.to_thread(report, stack, leaked)
    await asyncio.to_thread(
        wait_for, lambda: not query(stack, "SELECT 1 FROM keys_leakreport WHERE handled_at IS NULL")
    )
    assert await both(stack, secret) == (True, True)


async def both(stack: Stack, secret: str) -> tuple[bool, bool]:
    """Whether it reads, and whether it is let in to write (an empty body is no patient, but that is said later)."""
    written = await call(port(stack), "/clinic/v2/patients", secret, method="POST")
    assert written.status in (400, 401, 403, 422), written
    return await status(stack, secret) == 200, written.status in (400, 422)


async def until(look: Any, wanted: object) -> None:
    """Raises TimeoutError where it does not come about."""
    async with asyncio.timeout(60):
        while await look() != wanted:
            await asyncio.sleep(0.05)


def report(stack: Stack, token: str) -> tuple[int, bytes]:
    """As a secret scanner does."""
    items = [{"type": "portcullis_api_key", "token": token, "url": "https://git.example/a/b?token=x"}]
    headers = {"Authorization": f"Bearer {LEAK_REPORT_TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{stack.demo['portal']}/api/leaks", json.dumps(items).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status, answer.read()


def mailed_link(stack: Stack, key: str) -> str:
    """From the letter to the key's owner."""
    return stack.mailed(stack.demo["developer"]["email"], rf"https?://\S+(/keys/{key}/rotate/)")


def follow(stack: Stack, link: str) -> str:
    """The owner signs in, follows the link and rotates; the new secret is on the page that comes."""
    owner, known = Visitor(stack), stack.demo["developer"]
    owner.post("/login/", login=known["email"], password=known["password"])
    replaces = re.search(r'name="replaces" value="([^"]+)"', owner.get(link))
    assert replaces
    page = owner.post(link, act="rotate", replaces=replaces[1], expires_days="90")
    shown = re.search(SCANNER_REGEX, page)
    assert shown
    return shown[0]
