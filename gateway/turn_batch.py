"""Gather what one turn of the event loop wants of Valkey, by slot, and hand it over at once."""

from collections.abc import Callable
from typing import Generic, TypeVar

from gateway.valkey_link import ValkeyLink

Item = TypeVar("Item")


class TurnBatch(Generic[Item]):
    """`flush(slot, items)` runs once per slot and turn; a batch holds at most `items_max`."""

    def __init__(self, link: ValkeyLink, flush: Callable[[int, list[Item]], None], items_max: int) -> None:
        self._link = link
        self._flush = flush
        self._items_max = items_max
        self._by_slot: dict[int, list[Item]] = {}

    def add(self, slot: int, item: Item) -> None:
        """Put an item into this turn's batch."""
        if not self._by_slot:
            self._link.at_turns_end(self._flush_all)
        self._by_slot.setdefault(slot, []).append(item)

    def _flush_all(self) -> None:
        by_slot, self._by_slot = self._by_slot, {}
        for slot, items in by_slot.items():
            for at in range(0, len(items), self._items_max):
                self._flush(slot, items[at : at + self._items_max])
