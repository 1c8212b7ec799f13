"""Who may do what, decided from values: no valid credential is 401 before anything else, what the plan hides is 404."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from contract.records import Credential, Operation, Plan, Version
from gateway.grants import Identity, Subscribed
from gateway.refusal import Challenge, Refused
from gateway.tokens.access_token import AccessToken

EXPIRED = "The token has expired."


def unauthenticated(*, sent: bool, scheme: str = "", why: str = "", reason: str = "") -> Refused:
    """401 (RFC 6750, section 3); the error code only where a credential was sent. `why` is public, `reason` is not."""
    challenge = Challenge(scheme, "invalid_token", "", why) if sent else Challenge()
    return Refused("unauthenticated", detail=why, reason=reason, challenge=challenge)


def refuse_invalid_identity(identity: Identity, now_ms: int, thumbprint: str = "") -> None:
    """Raises Refused("unauthenticated") where anything above the secret is not active, or it has expired.

    A suspended credential is still known: what becomes of it, `refuse_suspended` says. `thumbprint` is that of the key
    by which the caller proves to hold a token: empty for whoever just bears it.
    """
    secret, credential = identity.secret, identity.credential
    if identity.token is not None:
        _refuse_unbound(identity.token, credential, thumbprint, now_ms)
    if not (
        secret.status == identity.application.status == identity.organisation.status == "active"
        and credential.status in ("active", "suspended")
        and (secret.not_after_ms is None or now_ms < secret.not_after_ms)
        and (credential.expires_at_ms is None or now_ms < credential.expires_at_ms)
    ):
        raise unauthenticated(sent=True)


def _refuse_unbound(token: AccessToken, credential: Credential, thumbprint: str, now_ms: int) -> None:
    """A token that is bound to a key counts with that key only, and none other where the client must be bound."""
    if now_ms < token.starts_at_ms:
        raise unauthenticated(sent=True, why="The token is not valid yet.")
    if now_ms >= token.ends_at_ms:
        raise unauthenticated(sent=True, why=EXPIRED)
    if token.thumbprint != thumbprint:
        scheme = "DPoP" if token.thumbprint else "Bearer"
        raise unauthenticated(sent=True, scheme=scheme, why=f"The token is to be used with the scheme {scheme}.")
    if credential.requires_dpop and not thumbprint:
        raise unauthenticated(sent=True, scheme="DPoP", why="The client must use tokens that are bound to a key.")


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
        raise Refused("insufficient-scope", challenge=Challenge(error="insufficient_scope", scope=operation.scope))
