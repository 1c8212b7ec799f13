"""The client connections of this process: how many there may be, in all and from one address."""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import ip_network
from typing import TYPE_CHECKING

from gateway.address import Networks, is_within

if TYPE_CHECKING:
    from gateway.inbound import ClientConnection


class Connections:
    """Trusted proxies bring many clients, so the cap of one address does not hold for them."""

    def __init__(self, *, most: int, most_per_address: int, proxies: Networks = ()) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._proxies = proxies
        self._all: set[ClientConnection] = set()
        self._by_address: Counter[str] = Counter()

    def __iter__(self) -> "Iterator[ClientConnection]":
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, connection: "ClientConnection") -> None:
        """From connection_made."""
        self._all.add(connection)
        self._by_address[counted_as(connection.address)] += 1

    def discard(self, connection: "ClientConnection") -> None:
        """From connection_lost."""
        if connection in self._all:
            self._all.discard(connection)
            counted = counted_as(connection.address)
            self._by_address[counted] -= 1
            if not self._by_address[counted]:
                del self._by_address[counted]

    def is_full(self) -> bool:
        """Whether there are more than this process can hold."""
        return len(self._all) > self._most

    def is_crowded(self, address: str) -> bool:
        """Whether one address has more than its share."""
        many = self._by_address[counted_as(address)] > self._most_per_address
        return many and not is_within(address, self._proxies)


@lru_cache(maxsize=4096)
def counted_as(address: str) -> str:
    """An IPv4 address stands for itself; of IPv6 a whole /64 is one customer's."""
    if ":" not in address or address.startswith("::ffff:"):
        return address
    return str(ip_network(f"{address.partition('%')[0]}/64", strict=False))
