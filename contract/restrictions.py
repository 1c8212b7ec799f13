"""Whom a restriction concerns: the one definition, by which gateways act and the portal previews and replays.

An axis that is empty holds for everything; all that are named must hold, and of the networks any one. A restriction is
asked last, after everything else that refuses without looking at the request's body or at counters: a call that is
refused for a reason of `REFUSED_BEFORE` is as if there were no restriction.
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from contract.records import Restriction

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

REFUSED_BEFORE = frozenset(
    {
        *("bad-request", "two-credentials", "key-in-query", "unauthenticated", "too-many-attempts", "tls-required"),
        *("key-suspended", "network-refused", "not-found", "method-not-allowed", "insufficient-scope"),
        *("key-quarantined", "no-test-upstream", "operation-retired", "version-brownout", "version-retired"),
    }
)
"""Slugs of problems that come before restrictions are looked at."""

ON_UNDOCUMENTED = ("mask", "require")
"""Of these, such as name an operation or a scope hold on the undocumented paths of its version as well."""


class Facts(NamedTuple):
    """What a call is, in the words of contract.calls.CallRow. `user` made the credential, or gave the consent by which
    a client calls; `scope` is what the operation asks for; both, and `operation`, may be empty. `at_ms` on Valkey's
    clock. `role` is what the person who made the credential is in its organisation, empty for who left or is not known;
    `is_bound`: with a token that is bound to the caller's key."""

    organisation: str
    application: str
    credential: str
    user: str
    plan: str
    address: str
    api: str
    version: str
    operation: str
    scope: str
    at_ms: int
    role: str = ""
    is_bound: bool = False


def matches(restriction: Restriction, facts: Facts) -> bool:
    """Whether a restriction concerns a call at its moment."""
    return is_in_force(restriction, facts.at_ms) and selects(restriction, facts)


def is_in_force(restriction: Restriction, at_ms: int) -> bool:
    """From its start until before its end."""
    starts, ends = restriction.starts_at_ms, restriction.ends_at_ms
    return (starts is None or starts <= at_ms) and (ends is None or at_ms < ends)


def selects(restriction: Restriction, facts: Facts) -> bool:
    """Whether who and what fit, whenever it was."""
    return (
        restriction.organisation in ("", facts.organisation)
        and restriction.application in ("", facts.application)
        and restriction.credential in ("", facts.credential)
        and restriction.user in ("", facts.user)
        and restriction.plan in ("", facts.plan)
        and restriction.api in ("", facts.api)
        and restriction.version in ("", facts.version)
        and _selects_operation(restriction, facts)
        and (not restriction.networks or _is_within(facts.address, restriction.networks))
    )


def _selects_operation(restriction: Restriction, facts: Facts) -> bool:
    """An undocumented path is no operation and asks for no scope. But it may do what any operation of its version
    does, so it is under the masks of all of them, and must have what any of them requires."""
    if not facts.operation and restriction.how in ON_UNDOCUMENTED:
        return True
    return restriction.operation in ("", facts.operation) and restriction.scope in ("", facts.scope)


def _is_within(address: str, networks: tuple[str, ...]) -> bool:
    """A network that cannot be read holds every address; a text that is no address is in none that can."""
    parsed = read_address(address)
    for text in networks:
        network = read_network(text)
        if network is None or (parsed is not None and parsed in network):
            return True
    return False


@lru_cache(maxsize=4096)
def read_address(text: str) -> Address | None:
    """An IPv4 address that arrived on an IPv6 socket is the IPv4 address. None for what is no address."""
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


@lru_cache(maxsize=20_000)
def read_network(text: str) -> Network | None:
    """A network of IPv4 addresses in IPv6 form is the IPv4 network. None for what is no network."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is None or network.prefixlen < 96:
        return network
    return ip_network(f"{mapped}/{network.prefixlen - 96}")
