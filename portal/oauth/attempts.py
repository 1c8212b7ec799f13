"""Failed attempts to authenticate a client: counted for a client and an address together, and for an address."""

import contextlib
import hashlib

from django.core.cache import cache

WINDOW_SECONDS = 300
MOST_FOR_CLIENT = 10
MOST_FOR_ADDRESS = 60


def are_exhausted(client_id: str, address: str) -> bool:
    """Whether to refuse without looking. Who knows the secret is kept out by tries from their own address only."""
    found = cache.get_many(list(_limits(client_id, address)))
    return any(found.get(key, 0) >= most for key, most in _limits(client_id, address).items())


def note_failure(client_id: str, address: str) -> None:
    """One more."""
    for key in _limits(client_id, address):
        if not cache.add(key, 1, WINDOW_SECONDS):
            # Its time may have come between the two.
            with contextlib.suppress(ValueError):
                cache.incr(key)


def _limits(client_id: str, address: str) -> dict[str, int]:
    pair = hashlib.sha256(f"{address} {client_id}".encode()).hexdigest()
    return {f"oauth:failed:{pair}": MOST_FOR_CLIENT, f"oauth:failed:{address}": MOST_FOR_ADDRESS}
