"""Staff restrict, shut a person out and take a scope from a plan in the admin, and take it back, while calls go on:
from the form's answer to its effect on four gateways.

At full count there are 300 calls a second and 200 changes, and half of the calls are of somebody else.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.functional.callers import call
from tests.functional.desk import Desk, open_desk
from tests.functional.portal_visitor import Visitor, staff_of
from tests.gateway.pacing import CHANGES, CLIENTS, EVERY_SECONDS, Seen, begun_since, end, report_and_judge
from tests.stack import Stack, lay_prepared, running_stack, stack_environment

pytestmark = pytest.mark.prove
WORKERS = 4
TARGET = "/clinic/v2/practitioners?limit=3"
SCOPE = "practitioners:read"
ENOUGH = 8
"""Calls in a row that show the new state, by then of every worker."""


class Act(NamedTuple):
    """Staff take something from the token's calls, and give it back from the page that came; `status` is what calls
    get meanwhile."""

    status: int
    take: Callable[[Visitor, Desk], str]
    give_back: Callable[[Visitor, Desk, str], None]


def settings_of(var_dir: Path) -> dict[str, str]:
    """The token lasts for as long as all this takes."""
    return stack_environment(var_dir, GATEWAY_WORKERS=str(WORKERS), METRICS_PORT="0", ACCESS_TOKEN_SECONDS="3600")


@pytest.fixture
def wide_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    var_dir = tmp_path_factory.mktemp("wide") / "var"
    lay_prepared(var_dir)
    with running_stack(var_dir, settings_of(var_dir)) as running:
        yield running


async def test_each_act_is_in_force_as_soon_as_it_is_answered_and_nobody_else_notices(wide_stack: Stack) -> None:
    with open_desk(wide_stack) as desk:
        staff = await asyncio.to_thread(staff_of, wide_stack)
        subject, neighbour = list[Seen](), list[Seen]()
        token, key = desk.furnished["allowed"]["token"], desk.furnished["keys"]["other organisation"]
        callers = [(token, subject), (key, neighbour)] * (CLIENTS // 2)
        calls = [asyncio.create_task(call_on(desk, what, seen)) for what, seen in callers]
        await reach(subject, 200, 0.0)
        before = subject[0].body
        took: list[float] = []
        while len(took) < CHANGES:
            act = ACTS[len(took) // 2 % len(ACTS)]
            page = await asyncio.to_thread(act.take, staff, desk)
            took.append(await reach(subject, act.status, staff.answered_at))
            await asyncio.to_thread(act.give_back, staff, desk, page)
            took.append(await reach(subject, 200, staff.answered_at))
        await end(calls)
    assert {one.body for one in subject if one.status == 200} == {before}
    assert {one.status for one in subject} == {200, *(act.status for act in ACTS)}
    assert {one.status for one in neighbour} == {200}
    assert len({one.body for one in neighbour}) == 1
    report_and_judge(sorted(took), len(subject) + len(neighbour), subject[-1].ended - subject[0].began)


async def call_on(desk: Desk, credential: str, seen: list[Seen]) -> None:
    """A connection for each call, so that every worker gets its share."""
    while True:
        began = time.monotonic()
        answer = await call(desk.port, TARGET, credential)
        seen.append(Seen(began, time.monotonic(), answer.status, answer.body))
        await asyncio.sleep(max(0.0, began + EVERY_SECONDS - time.monotonic()))


async def reach(seen: list[Seen], status: int, answered_at: float) -> float:
    """Until the calls have that status; answers for how long after an act calls still began that did not."""
    deadline = time.monotonic() + 60
    while not _is_reached(begun_since(seen[-ENOUGH:], answered_at), status):
        assert time.monotonic() < deadline, f"{status} was not reached: {seen[-1:]}"
        await asyncio.sleep(0.005)
    late = [one.began for one in begun_since(seen[-2000:], answered_at) if one.status != status]
    return max(late, default=answered_at) - answered_at


def _is_reached(last: list[Seen], status: int) -> bool:
    return len(last) == ENOUGH and {one.status for one in last} == {status}


def apply(staff: Visitor, desk: Desk) -> str:
    """Block the client that the token is of; answers the page of the restriction."""
    address = f"/admin/restrictions/new/?key={desk.furnished['allowed']['client']}&how=block"
    submission = _value_on(staff.get(address), "submission")
    page = staff.post(address, reason="Tried out", until="24h", submission=submission)
    assert "is applied" in page
    return page


def undo(staff: Visitor, _desk: Desk, page: str) -> None:
    found = re.search(r'action="(/admin/restrictions/\w+/undo/)"', page)
    assert found
    staff.post(found[1], act=_value_on(page, "act"))


def suspend(staff: Visitor, desk: Desk) -> str:
    page = staff.post(f"/admin/people/{desk.furnished['allowed']['person']}/suspend/", reason="Tried out")
    assert "is suspended." in page
    return page


def restore(staff: Visitor, desk: Desk, _page: str) -> None:
    staff.post(f"/admin/people/{desk.furnished['allowed']['person']}/restore/", reason="Tried out")


def without_scope(staff: Visitor, desk: Desk) -> str:
    """The plan, without what the calls ask for."""
    return _save_plan(staff, desk, [scope for scope in desk.furnished["plan_form"]["scopes"] if scope != SCOPE])


def with_scope(staff: Visitor, desk: Desk, _page: str) -> None:
    _save_plan(staff, desk, desk.furnished["plan_form"]["scopes"])


def _save_plan(staff: Visitor, desk: Desk, scopes: list[str]) -> str:
    address = f"/admin/plans/{desk.furnished['axes']['plan']}/edit/"
    page = staff.post(address, **desk.furnished["plan_form"] | {"scopes": scopes})
    assert "Saved." in page, re.findall(r'class="error"[^>]*>([^<]+)', page)
    return page


ACTS = (Act(403, apply, undo), Act(401, suspend, restore), Act(404, without_scope, with_scope))


def _value_on(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, f"no {name} on the page"
    return found[1]
