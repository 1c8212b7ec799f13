"""Admit calls: one script per slot and turn of the event loop, in one write with all the others of that turn."""

import asyncio
import time
from typing import Any, NamedTuple

from contract.scripts import ADMIT
from contract.valkey_keys import call_stream, open_calls
from gateway.clock import Clock
from gateway.completion import Completion
from gateway.limits import CallLimits, Verdict
from gateway.metrics.counters import Counters
from gateway.records_cache import Unavailable
from gateway.turn_batch import TurnBatch
from gateway.valkey_link import ValkeyLink
from gateway.valkey_scripts import send_script

_BATCH_MAX = 200


class Asked(NamedTuple):
    """A call that waits for its verdict. `row` is the call's row with `"at_ms":0` in it, which begins at `split`."""

    call_id: str
    row: bytes
    split: int
    limits: CallLimits
    specs: bytes
    verdict: "asyncio.Future[Verdict]"


class Admission:
    """What gets no answer is undone as soon as Valkey can be reached again."""

    def __init__(
        self,
        link: ValkeyLink,
        completion: Completion,
        clock: Clock,
        counters: Counters,
        *,
        stream_max_rows: int,
        patience_seconds: float,
    ) -> None:
        self._link = link
        self._completion = completion
        self._clock = clock
        self._counters = counters
        self._stream_max_rows = stream_max_rows
        self._patience_ms = int(patience_seconds * 1000)
        self._batch: TurnBatch[Asked] = TurnBatch(self._flush, _BATCH_MAX)

    def admit(self, slot: int, call_id: str, row: bytes, limits: CallLimits) -> "asyncio.Future[Verdict]":
        """Ask for admission in this turn's batch. The future raises Unavailable where there is no answer."""
        verdict: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        split = row.index(b'"at_ms":0,') + len(b'"at_ms":')
        specs = limits.specs(self._clock.now_ms())
        self._batch.add(slot, Asked(call_id, row, split, limits, specs, verdict))
        return verdict

    def _flush(self, slot: int, asked: list[Asked]) -> None:
        keys = [open_calls(slot), call_stream(slot)]
        arguments: list[str | int | bytes] = [self._stream_max_rows, self._clock.now_ms() + self._patience_ms]
        for one in asked:
            keys += one.limits.keys
            arguments += (one.call_id, one.row[: one.split], one.row[one.split + 1 :], one.specs)
        asked_at = time.perf_counter_ns()
        send_script(self._link, ADMIT, keys, arguments, lambda reply: self._settle(slot, asked, asked_at, reply))

    def _settle(self, slot: int, asked: list[Asked], asked_at: int, reply: Any) -> None:
        if isinstance(reply, Exception):
            self._give_up(slot, asked, reply)
            return
        self._counters.batch(len(asked), (time.perf_counter_ns() - asked_at) // 1000)
        at = 0
        for one in asked:
            end = at + 2 + 3 * len(one.limits.keys)
            self._tell(slot, one, Verdict(reply[at] == 1, reply[at + 1], reply[at + 2 : end]))
            at = end

    def _tell(self, slot: int, one: Asked, verdict: Verdict) -> None:
        if not one.verdict.done():
            one.verdict.set_result(verdict)
        elif verdict.admitted:
            self._completion.undo(slot, one.call_id, b"", one.limits.keys, one.specs)

    def _give_up(self, slot: int, asked: list[Asked], reason: Exception) -> None:
        for one in asked:
            self._completion.undo(slot, one.call_id, b"", one.limits.keys, one.specs)
            if not one.verdict.done():
                one.verdict.set_exception(Unavailable(str(reason)))
