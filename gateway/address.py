"""Where a call comes from. X-Forwarded-For is believed from configured proxies only, and read from right to left."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Networks = tuple[IPv4Network | IPv6Network, ...]
# No underscore, so that no key of ours fits.
_REQUEST_ID = re.compile(rb"[0-9A-Za-z.:=+/@\-]{1,128}")


def read_networks(texts: list[str]) -> Networks:
    """Raises ValueError for a text that is no network."""
    return tuple(ip_network(text, strict=False) for text in texts)


def is_within(address: str, networks: Networks) -> bool:
    """Whether an address lies in one of the networks; a text that is no address does not."""
    if not networks:
        return False
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(parsed in network for network in networks)


def client_address(peer: str, forwarded_for: bytes, proxies: Networks) -> str:
    """The nearest address that is not one of our proxies; text that is no address ends the walk."""
    address = peer
    for part in reversed(forwarded_for.split(b",")):
        if not is_within(address, proxies):
            break
        candidate = part.strip().decode("latin-1")
        if not _is_address(candidate):
            break
        address = candidate
    return address


def client_request_id(value: bytes) -> str:
    """A proxy's X-Request-Id; empty where it is none that can stand in logs and headers."""
    return value.decode("ascii") if _REQUEST_ID.fullmatch(value) else ""


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def network_of(address: str) -> str:
    """The network that a stranger is counted under: /24 for IPv4, /48 for IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(ip_network(f"{parsed}/{24 if parsed.version == 4 else 48}", strict=False))
