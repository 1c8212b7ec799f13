"""Callers at a steady pace while something changes, and how long the change took to be in force.

`PROVE=1` paces 300 calls a second and judges 200 changes; else there are few, and nobody judges the time.
"""

import asyncio
import os
import time
from typing import NamedTuple

from tests.gateway.gateway_process import Client, GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.waiting import until

PROVES = os.environ.get("PROVE") == "1"
CHANGES = 200 if PROVES else 6
CLIENTS = 12
EVERY_SECONDS = CLIENTS / (300 if PROVES else 60)
P99_SECONDS = 0.25
PATH = "/clinic/v1/practitioners"


class Seen(NamedTuple):
    """One call, by our own clock."""

    began: float
    ended: float
    status: int
    body: bytes


async def call_on(
    gateway: GatewayProcess, key: str, seen: list[Seen], every_seconds: float = 0, path: str = PATH
) -> None:
    """Call until cancelled, on one connection."""
    async with Client(gateway.port) as client:
        while True:
            began = time.monotonic()
            answer = await client.ask(path, key)
            seen.append(Seen(began, time.monotonic(), answer.status, answer.body))
            await asyncio.sleep(max(0.0, began + every_seconds - time.monotonic()))


async def end(tasks: list["asyncio.Task[None]"]) -> None:
    """Stop the callers; one that broke down raises."""
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if not isinstance(result, asyncio.CancelledError):
            raise AssertionError("a caller broke down") from result


def begun_since(seen: list[Seen], moment: float) -> list[Seen]:
    return [one for one in seen if one.began > moment]


async def receipt_of(scene: Scene, position: bytes) -> float:
    """When all gateways had confirmed a change."""
    await until(lambda: scene.publisher.is_applied(position), 30)
    return time.monotonic()


def report_and_judge(took: list[float], calls: int, seconds: float) -> None:
    """The time that this takes is a criterion at full count only."""
    p50, p99 = (took[min(len(took) * part // 100, len(took) - 1)] for part in (50, 99))
    rate = calls / seconds
    print(f"\n{len(took)} changes at {rate:.0f} calls/s: p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms")
    if PROVES:
        assert p99 <= P99_SECONDS
