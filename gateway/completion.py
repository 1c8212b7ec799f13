"""Complete calls, undo admissions and note refusals: batches by slot and turn, kept until Valkey has confirmed them.

Completing and undoing may be repeated: the scripts act only on a call that is still open. Refusals are noted at most
once, so those that Valkey did not confirm are lost; they never reached an upstream.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from contract.scripts import COMPLETE, REFUND, Script
from contract.valkey_keys import call_stream, open_calls
from gateway.turn_batch import TurnBatch
from gateway.valkey_link import ValkeyLink
from gateway.valkey_scripts import send_script

_BATCH_MAX = 200


class Entry(NamedTuple):
    """One call's part of a batch: keys and arguments of the script."""

    keys: Sequence[str]
    arguments: tuple[str | int | bytes, ...]


class Completion:
    """`unconfirmed` counts what Valkey has not confirmed yet; draining waits for zero."""

    def __init__(self, link: ValkeyLink) -> None:
        self._link = link
        self._finished: TurnBatch[Entry] = TurnBatch(lambda slot, items: self._run(COMPLETE, slot, items), _BATCH_MAX)
        self._undone: TurnBatch[Entry] = TurnBatch(lambda slot, items: self._run(REFUND, slot, items), _BATCH_MAX)
        self._refused: TurnBatch[bytes] = TurnBatch(self._note, _BATCH_MAX)
        self._lost: list[tuple[Script, int, list[Entry]]] = []
        self.unconfirmed = 0

    def complete(self, slot: int, call_id: str, row: bytes, held: Sequence[str]) -> None:
        """Replace the open call by its finished row; `held` are its concurrency keys."""
        self.unconfirmed += 1
        self._finished.add(slot, Entry(held, (call_id, row, len(held))))

    def undo(self, slot: int, call_id: str, row: bytes, keys: Sequence[str], specs: bytes) -> None:
        """Give back what an admitted call spent; `row` (may be empty) becomes its refused row."""
        self.unconfirmed += 1
        self._undone.add(slot, Entry(keys, (call_id, row, specs)))

    def note_refused(self, slot: int, row: bytes) -> None:
        """Append the row of a refusal that was never admitted."""
        self._refused.add(slot, row)

    def repeat_lost(self) -> None:
        """Send again what was not confirmed: after each reconnect, and with each heartbeat."""
        lost, self._lost = self._lost, []
        for script, slot, items in lost:
            self._run(script, slot, items)

    def _run(self, script: Script, slot: int, items: list[Entry]) -> None:
        keys = [open_calls(slot), call_stream(slot), *(key for item in items for key in item.keys)]
        arguments = [argument for item in items for argument in item.arguments]
        send_script(self._link, script, keys, arguments, lambda reply: self._confirm(script, slot, items, reply))

    def _confirm(self, script: Script, slot: int, items: list[Entry], reply: Any) -> None:
        if isinstance(reply, Exception):
            self._lost.append((script, slot, items))
        else:
            self.unconfirmed -= len(items)

    def _note(self, slot: int, rows: list[bytes]) -> None:
        for row in rows:
            self._link.send(("XADD", call_stream(slot), "*", "r", row), _ignore)


def _ignore(_: Any) -> None:
    """Whether a refusal was noted changes nothing for anybody who waits."""
