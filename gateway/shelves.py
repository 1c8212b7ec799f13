"""A bounded number of things in memory, by two keys, of which the first has few values."""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Shelf = TypeVar("Shelf", bound=Hashable)
Item = TypeVar("Item")


class Shelves(Generic[Shelf, Item]):
    """One dictionary a shelf: a pair of keys for each item would take as much room again as many an item does."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._count = 0
        self._shelves: dict[Shelf, dict[str, Item]] = {}

    def __len__(self) -> int:
        return self._count

    def get(self, shelf: Shelf, name: str) -> Item | None:
        """What stands there."""
        on_shelf = self._shelves.get(shelf)
        return on_shelf.get(name) if on_shelf is not None else None

    def put(self, shelf: Shelf, name: str, item: Item) -> None:
        """Put it last, in place of what stood there. The caller sees to it that there is room."""
        self.pop(shelf, name)
        self._shelves.setdefault(shelf, {})[name] = item
        self._count += 1

    def pop(self, shelf: Shelf, name: str) -> Item | None:
        """Take away what stands there, if anything does."""
        on_shelf = self._shelves.get(shelf)
        if on_shelf is None or name not in on_shelf:
            return None
        self._count -= 1
        item = on_shelf.pop(name)
        if not on_shelf:
            del self._shelves[shelf]
        return item

    def oldest(self) -> tuple[Shelf, str]:
        """What stands first on the fullest shelf."""
        shelf = max(self._shelves, key=lambda shelf: len(self._shelves[shelf]))
        return shelf, next(iter(self._shelves[shelf]))

    def values(self) -> Iterator[Item]:
        """All of them."""
        return (item for on_shelf in self._shelves.values() for item in on_shelf.values())

    def clear(self) -> None:
        """Take everything away."""
        self._shelves.clear()
        self._count = 0
