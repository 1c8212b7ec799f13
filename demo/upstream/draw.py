"""Draws that give the same sequence on every Python, so that the sample data never changes by itself."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")

ID_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


class Draw:
    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def below(self, bound: int) -> int:
        """An integer in ``0 … bound - 1``."""
        self._count += 1
        digest = hashlib.sha256(f"{self._seed}:{self._count}".encode()).digest()
        return int.from_bytes(digest[:16], "big") % bound

    def one_of(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]

    def digits(self, length: int) -> str:
        return str(10 ** (length - 1) + self.below(9 * 10 ** (length - 1)))

    def token(self, length: int = 5) -> str:
        return "".join(self.one_of(ID_ALPHABET) for _ in range(length))
