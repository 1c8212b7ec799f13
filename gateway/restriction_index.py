"""Find the restrictions that select a call among thousands, looking at few.

A restriction stands under one of the axes that it names: that where the fewest stand already. A call looks only where
its own values point; what stands there is asked whether it really selects the call.
"""

from contract.records import Restriction
from contract.restrictions import ON_UNDOCUMENTED, Facts, Network, read_address, read_network, selects

Bucket = dict[str, Restriction]
Place = tuple[dict[str | int, Bucket], str | int]

_WHO_AND_WHERE = ("organisation", "application", "credential", "user", "plan", "api", "version")
_WHAT = ("operation", "scope")
_EVERYTHING = ""


class RestrictionIndex:
    """By public id, each once."""

    def __init__(self) -> None:
        self._all: dict[str, Restriction] = {}
        self._places: dict[str, list[Place]] = {}
        self._axes: dict[str, dict[str | int, Bucket]] = {axis: {} for axis in (*_WHO_AND_WHERE, *_WHAT)}
        self._lookups = [(Facts._fields.index(axis), by_value) for axis, by_value in self._axes.items()]
        self._networks: dict[tuple[int, int], dict[str | int, Bucket]] = {}
        self._others: dict[str | int, Bucket] = {}
        self._undocumented: dict[str | int, Bucket] = {}

    def __len__(self) -> int:
        return len(self._all)

    def get(self, restriction_id: str) -> Restriction | None:
        """One by its public id."""
        return self._all.get(restriction_id)

    def put(self, restriction: Restriction) -> None:
        """Add it, in place of the one that has its id."""
        self.remove(restriction.id)
        places = self._choose(restriction)
        if restriction.how in ON_UNDOCUMENTED and any(places[0][0] is self._axes[axis] for axis in _WHAT):
            places.append((self._undocumented, _EVERYTHING))
        for by_value, value in places:
            by_value.setdefault(value, {})[restriction.id] = restriction
        self._all[restriction.id], self._places[restriction.id] = restriction, places

    def remove(self, restriction_id: str) -> None:
        """Forget it, if it is known at all."""
        self._all.pop(restriction_id, None)
        for by_value, value in self._places.pop(restriction_id, ()):
            bucket = by_value.get(value, {})
            bucket.pop(restriction_id, None)
            if not bucket:
                by_value.pop(value, None)

    def find(self, facts: Facts) -> tuple[Restriction, ...]:
        """Those that select a call, whether or not they are in force, in the order of their ids."""
        buckets = [bucket for at, by_value in self._lookups if (bucket := by_value.get(facts[at])) is not None]
        if self._networks:
            buckets += self._around(facts.address)
        if self._others:
            buckets.append(self._others[_EVERYTHING])
        if self._undocumented and not facts.operation:
            buckets.append(self._undocumented[_EVERYTHING])
        if not buckets:
            return ()
        found = {one.id: one for bucket in buckets for one in bucket.values() if selects(one, facts)}
        return tuple(found[key] for key in sorted(found))

    def _around(self, text: str) -> list[Bucket]:
        """What stands under the networks that hold an address."""
        address = read_address(text)
        if address is None:
            return []
        number, bits = int(address), address.max_prefixlen
        return [
            bucket
            for (version, length), by_value in self._networks.items()
            if version == address.version and (bucket := by_value.get(number >> (bits - length))) is not None
        ]

    def _choose(self, restriction: Restriction) -> list[Place]:
        """Where the fewest stand. One whose network cannot be read holds everywhere, so it is found there."""
        offers: list[list[Place]] = [
            [(by_value, value)] for axis, by_value in self._axes.items() if (value := getattr(restriction, axis))
        ]
        networks = [read_network(text) for text in restriction.networks]
        if networks and None not in networks:
            offers.append([self._place_of(network) for network in networks if network is not None])
        return min(offers, key=_crowd, default=[(self._others, _EVERYTHING)])

    def _place_of(self, network: Network) -> Place:
        by_value = self._networks.setdefault((network.version, network.prefixlen), {})
        return by_value, int(network.network_address) >> (network.max_prefixlen - network.prefixlen)


def _crowd(places: list[Place]) -> int:
    return max(len(by_value.get(value, ())) for by_value, value in places)
