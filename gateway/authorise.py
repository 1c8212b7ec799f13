"""Who may do what, decided from values: no valid credential is 401 before anything else, what the plan hides is 404."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from contract.records import Credential, Operation, Plan, Version
from gateway.grants import Identity, Subscribed
from gateway.refusal import Refused

_ASK = ((b"WWW-Authenticate", b"Bearer"),)
_INVALID = ((b"WWW-Authenticate", b'Bearer error="invalid_token"'),)


def unauthenticated(*, sent: bool) -> Refused:
    """401 (RFC 6750, section 3); the error code only where a credential was sent."""
    return Refused("unauthenticated", headers=_INVALID if sent else _ASK)


def refuse_invalid_identity(identity: Identity, now_ms: int) -> None:
    """Raises Refused("unauthenticated") where anything above the secret is not active, or it has expired.

    A suspended credential is still known: what becomes of it, `refuse_suspended` says.
    """
    secret, credential = identity.secret, identity.credential
    if not (
        secret.status == identity.application.status == identity.organisation.status == "active"
        and credential.status in ("active", "suspended")
        and (secret.not_after_ms is None or now_ms < secret.not_after_ms)
        and (credential.expires_at_ms is None or now_ms < credential.expires_at_ms)
    ):
        raise unauthenticated(sent=True)


def refuse_suspended(credential: Credential) -> None:
    """Raises Refused("key-suspended"), whatever the path."""
    if credential.status != "active":
        raise Refused("key-suspended")


def refuse_quarantined(credential: Credential, operation: Operation | None, method: bytes) -> None:
    """Raises Refused("key-quarantined") unless the credential only reads what it has the scope for."""
    if not credential.quarantined:
        return
    has_scope = operation is not None and operation.scope in ("", *credential.scopes)
    if method not in (b"GET", b"HEAD") or not has_scope:
        raise Refused("key-quarantined")


def refuse_foreign_network(networks: tuple[str, ...], address: str) -> None:
    """Raises Refused("network-refused"). A network that cannot be read allows nobody."""
    if networks and not any(_holds(network, address) for network in networks):
        raise Refused("network-refused")


def _holds(network: str, address: str) -> bool:
    try:
        return _unmapped(address) in ip_network(network, strict=False)
    except ValueError:
        return False


def _unmapped(address: str) -> IPv4Address | IPv6Address:
    """An IPv4 address that arrived on an IPv6 socket is the IPv4 address. Raises ValueError."""
    parsed = ip_address(address)
    return getattr(parsed, "ipv4_mapped", None) or parsed


def refuse_uncovered(version: Version | None, subscribed: Subscribed | None) -> None:
    """Raises Refused("not-found") unless an active subscription's plan covers the version."""
    if version is None or version.state == "draft" or subscribed is None or not covers(subscribed, version):
        raise Refused("not-found")


def covers(subscribed: Subscribed, version: Version) -> bool:
    """Whether the plan of an active subscription covers this version."""
    active = subscribed.subscription.status == subscribed.plan.status == "active"
    return active and version.id in subscribed.plan.versions


def shows(plan: Plan, operation: Operation | None) -> bool:
    """Whether a plan shows an operation at all."""
    return operation is not None and (not operation.scope or operation.scope in plan.scopes)


def refuse_unscoped(operation: Operation, scopes: tuple[str, ...]) -> None:
    """Raises Refused("insufficient-scope") where the credential lacks what the operation asks for."""
    if operation.scope and operation.scope not in scopes:
        challenge = f'Bearer error="insufficient_scope", scope="{operation.scope}"'.encode()
        raise Refused("insufficient-scope", headers=((b"WWW-Authenticate", challenge),))
