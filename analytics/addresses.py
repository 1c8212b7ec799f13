"""Client addresses as texts whose order is the order of the addresses, so that a network is a span of them in SQL."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from django.db import models

from contract.restrictions import read_address, read_network


def address_key(address: str) -> str:
    """`4` or `6` and the address in hexadecimal; empty for what is no address."""
    parsed = read_address(address)
    return _key(parsed) if parsed else ""


def network_span(network: str) -> tuple[str, str]:
    """The keys of a network's first and last address. Raises ValueError for what is no network."""
    parsed = read_network(network)
    if parsed is None:
        raise ValueError(network)
    return _key(parsed[0]), _key(parsed[-1])


def _key(address: IPv4Address | IPv6Address) -> str:
    return f"{address.version}{address.packed.hex()}"


def network_around(key: str) -> str:
    """The /24 or /64 around an address by its key."""
    address = ip_address(bytes.fromhex(key[1:]))
    return str(ip_network(f"{address}/{24 if address.version == 4 else 64}", strict=False))


class AddressKeyField(models.CharField):
    """Filled from the row's `address` whenever the row is written."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        key = address_key(model_instance.address)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key
