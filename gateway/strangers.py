"""Count refusals of strangers by network, reason and minute: never a row each."""

from contract.valkey_keys import STRANGERS, STRANGERS_TTL_SECONDS
from gateway.address import network_of
from gateway.clock import Clock
from gateway.valkey_link import ValkeyLink

_COUNTS_MAX = 5_000


class Strangers:
    """Counts in memory, written with each heartbeat. Beyond a bound all networks count as one."""

    def __init__(self, link: ValkeyLink, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._counts: dict[tuple[str, str, int], int] = {}

    def count(self, address: str, reason: str) -> None:
        """One refusal more."""
        network = network_of(address) if len(self._counts) < _COUNTS_MAX else "others"
        key = (network, reason, self._clock.now_ms() // 60_000)
        self._counts[key] = self._counts.get(key, 0) + 1

    def flush(self) -> None:
        """Write what was counted; counts that get lost with the link stay lost."""
        counts, self._counts = self._counts, {}
        for (network, reason, minute), count in counts.items():
            self._link.send(("HINCRBY", STRANGERS, f"{network}|{reason}|{minute}", count), _ignore)
        if counts:
            self._link.send(("EXPIRE", STRANGERS, STRANGERS_TTL_SECONDS), _ignore)


def _ignore(_: object) -> None:
    """Nobody waits for these answers."""
