"""Admit calls: one script per slot and turn of the event loop, in one write with all the others of that turn."""

import asyncio
import time
from typing import Any, Protocol

from contract.scripts import ADMIT
from contract.valkey_keys import call_stream, open_calls
from gateway.clock import Clock
from gateway.completion import Completion
from gateway.limits import CallLimits
from gateway.metrics.counters import Counters
from gateway.records_cache import Unavailable
from gateway.turn_batch import TurnBatch
from gateway.valkey_link import ValkeyLink
from gateway.valkey_scripts import send_script
from gateway.verdict import Verdict

_BATCH_MAX = 200


class Asked(Protocol):
    """A call that waits for its verdict. Its row as it is opened is `row_before`, the moment, `row_after`."""

    call_id: str
    row_before: bytes
    row_after: bytes
    limits: CallLimits
    specs: bytes

    def take(self, verdict: Verdict) -> bool:
        """The verdict; answers whether anybody still waited for it."""

    def give_up(self, error: Unavailable) -> None:
        """There is no answer; what was spent is given back."""


class _Awaited:
    """A call that awaits its verdict. `row` holds `"at_ms":0`."""

    __slots__ = ("call_id", "future", "limits", "row_after", "row_before", "specs")

    def __init__(self, call_id: str, row: bytes, limits: CallLimits, specs: bytes) -> None:
        self.call_id = call_id
        self.row_before, self.row_after = split_row(row)
        self.limits = limits
        self.specs = specs
        self.future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()

    def take(self, verdict: Verdict) -> bool:
        if self.future.done():
            return False
        self.future.set_result(verdict)
        return True

    def give_up(self, error: Unavailable) -> None:
        if not self.future.done():
            self.future.set_exception(error)


def split_row(row: bytes) -> tuple[bytes, bytes]:
    """A row with `"at_ms":0`, without the number."""
    at = row.index(b'"at_ms":0,') + len(b'"at_ms":')
    return row[:at], row[at + 1 :]


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
        self._batch: TurnBatch[Asked] = TurnBatch(link, self._flush, _BATCH_MAX)

    def admit(self, slot: int, call_id: str, row: bytes, limits: CallLimits) -> "asyncio.Future[Verdict]":
        """Ask for admission in this turn's batch. The future raises Unavailable where there is no answer."""
        awaited = _Awaited(call_id, row, limits, limits.specs(self._clock.now_ms()))
        self._batch.add(slot, awaited)
        return awaited.future

    def ask(self, slot: int, asked: Asked) -> None:
        """The same for a call that is told by a call."""
        self._batch.add(slot, asked)

    def _flush(self, slot: int, asked: list[Asked]) -> None:
        keys = [open_calls(slot), call_stream(slot)]
        arguments: list[str | int | bytes] = [self._stream_max_rows, self._clock.now_ms() + self._patience_ms]
        for one in asked:
            keys += one.limits.keys
            arguments += (one.call_id, one.row_before, one.row_after, one.specs)
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
            verdict = Verdict(reply[at] == 1, reply[at + 1], reply[at + 2 : end])
            if not one.take(verdict) and verdict.admitted:
                self._undo(slot, one)
            at = end

    def _undo(self, slot: int, one: Asked) -> None:
        self._completion.undo(slot, one.call_id, b"", one.limits.keys, one.specs)

    def _give_up(self, slot: int, asked: list[Asked], reason: Exception) -> None:
        for one in asked:
            self._undo(slot, one)
            one.give_up(Unavailable(str(reason)))
