"""Complete calls, undo admissions and note refusals: batches by slot and turn, kept until Valkey has confirmed them.

Completing and undoing may be repeated: the scripts act only on a call that is still open, and no id is admitted twice.
A Valkey that dies may come back without the last that it confirmed (`appendfsync everysec`, a replica in its place):
calls that ended are open again then, and as their gateway lives nobody would close them. So what was confirmed a moment
ago is repeated after each reconnect too. Refusals are noted at most once, so those that Valkey did not confirm are
lost; they never reached an upstream.
"""

import time
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from contract.scripts import COMPLETE, REFUND, Script
from contract.valkey_keys import call_stream, open_calls
from gateway.turn_batch import TurnBatch
from gateway.valkey_link import ValkeyLink
from gateway.valkey_scripts import send_script

_BATCH_MAX = 200
_CONFIRMED_KEPT_SECONDS = 3.0


Entry = tuple[Sequence[str], tuple[str | int | bytes, ...]]
"""One call's part of a batch: keys and arguments of the script."""


class Batch(NamedTuple):
    """What one script was sent."""

    script: Script
    slot: int
    entries: list[Entry]


Confirmed = tuple[float, bool, int, bytes]
"""When a batch was confirmed, whether it undid, its slot, and its entries packed: a plain tuple of plain values, since
many are kept and collecting garbage must not walk them."""


class Completion:
    """`unconfirmed` counts what Valkey has not confirmed yet; draining waits for zero."""

    def __init__(self, link: ValkeyLink) -> None:
        self._link = link
        self._finished = self._batches_of(COMPLETE)
        self._undone = self._batches_of(REFUND)
        self._refused: TurnBatch[bytes] = TurnBatch(link, self._note, _BATCH_MAX)
        self._lost: list[Batch] = []
        self._confirmed: deque[Confirmed] = deque()
        self.unconfirmed = 0

    def complete(self, slot: int, call_id: str, row: bytes, held: Sequence[str]) -> None:
        """Replace the open call by its finished row; `held` are its concurrency keys."""
        self.unconfirmed += 1
        self._finished.add(slot, (held, (call_id, row, len(held))))

    def undo(self, slot: int, call_id: str, row: bytes, keys: Sequence[str], specs: bytes) -> None:
        """Give back what an admitted call spent; `row` (may be empty) becomes its refused row."""
        self.unconfirmed += 1
        self._undone.add(slot, (keys, (call_id, row, specs)))

    def note_refused(self, slot: int, row: bytes) -> None:
        """Append the row of a refusal that was never admitted."""
        self._refused.add(slot, row)

    def repeat_lost(self) -> None:
        """Send again what was not confirmed: after each reconnect, and with each heartbeat."""
        lost, self._lost = self._lost, []
        for batch in lost:
            self._run(batch)

    def repeat_confirmed(self) -> None:
        """Send again what was confirmed last: after each reconnect."""
        confirmed, self._confirmed = self._confirmed, deque()
        for _, is_undone, slot, packed in confirmed:
            entries: list[Entry] = [(keys, tuple(arguments)) for keys, arguments in msgspec.msgpack.decode(packed)]
            batch = Batch(REFUND if is_undone else COMPLETE, slot, entries)
            self.unconfirmed += len(batch.entries)
            self._run(batch)

    def _batches_of(self, script: Script) -> TurnBatch[Entry]:
        return TurnBatch(self._link, lambda slot, entries: self._run(Batch(script, slot, entries)), _BATCH_MAX)

    def _run(self, batch: Batch) -> None:
        keys = [open_calls(batch.slot), call_stream(batch.slot), *(key for keys, _ in batch.entries for key in keys)]
        arguments = [argument for _, own in batch.entries for argument in own]
        send_script(self._link, batch.script, keys, arguments, lambda reply: self._settle(batch, reply))

    def _settle(self, batch: Batch, reply: Any) -> None:
        if isinstance(reply, Exception):
            self._lost.append(batch)
            return
        self.unconfirmed -= len(batch.entries)
        now = time.monotonic()
        packed = msgspec.msgpack.encode(batch.entries)
        self._confirmed.append((now, batch.script is REFUND, batch.slot, packed))
        while self._confirmed[0][0] < now - _CONFIRMED_KEPT_SECONDS:
            self._confirmed.popleft()

    def _note(self, slot: int, rows: list[bytes]) -> None:
        for row in rows:
            self._link.send(("XADD", call_stream(slot), "*", "r", row), _ignore)


def _ignore(_: Any) -> None:
    """Whether a refusal was noted changes nothing for anybody who waits."""
