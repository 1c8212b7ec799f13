"""Where a request came from."""

from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from contract.settings import settings

Networks = tuple[IPv4Network | IPv6Network, ...]


def client_address(request: HttpRequest) -> str:
    """As the account adapter sees it, which knows what to believe of proxies; empty where nobody says."""
    try:
        return str(get_adapter(request).get_client_ip(request))
    except PermissionDenied:
        return ""


@cache
def proxies() -> Networks:
    """TRUSTED_PROXIES."""
    return tuple(ip_network(text, strict=False) for text in settings().trusted_proxies)


def nearest_stranger(peer: str, forwarded_for: str, trusted: Networks) -> str:
    """The nearest address that is none of our proxies: X-Forwarded-For is read from right to left, and only as far as
    proxies of ours have written it. Text that is no address ends the walk."""
    address = peer
    for part in reversed(forwarded_for.split(",")):
        if not _is_within(address, trusted) or not _is_address(part.strip()):
            break
        address = part.strip()
    return address


def _is_within(address: str, networks: Networks) -> bool:
    if not _is_address(address):
        return False
    parsed = ip_address(address)
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(parsed in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
