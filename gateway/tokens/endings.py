"""Tokens come and go by the minute: what is in memory for one is given up when it has ended, not when room is short."""

import heapq
from collections.abc import Iterator

from gateway.tokens.access_token import SKEW_MS, AccessToken

Key = tuple[str, str, str]


class Endings:
    """What was kept for which token, by the token's end."""

    def __init__(self) -> None:
        self._kept: list[tuple[int, str, Key]] = []

    def note(self, token: AccessToken, key: Key) -> None:
        """Something is kept under this key for the token."""
        heapq.heappush(self._kept, (token.ends_at_ms, token.id, key))

    def ended(self, now_ms: int) -> Iterator[tuple[str, Key]]:
        """Ids of tokens that are well over, and the keys of what was kept for them; each once."""
        while self._kept and self._kept[0][0] < now_ms - SKEW_MS:
            _, token_id, key = heapq.heappop(self._kept)
            yield token_id, key
