"""Somebody who restricts at the running installation, and callers who differ from one another in one thing each."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.functional.callers import Answer, call
from tests.stack import Stack

PRACTITIONERS = "/clinic/v2/practitioners?limit=3"


class Caller(NamedTuple):
    """Differs from the first one in what its name says. `prove` makes the proof that goes with a bound token."""

    name: str
    key: str
    target: str = PRACTITIONERS
    source: str = "127.0.0.2"
    prove: Callable[[], str] | None = None


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


async def one_each(desk: Desk, callers: list[Caller]) -> dict[str, Answer]:
    """A call of every caller, at once."""
    answers = await asyncio.gather(
        *(
            call(desk.port, each.target, each.key, source=each.source, proof=each.prove() if each.prove else "")
            for each in callers
        )
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
