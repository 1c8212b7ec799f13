"""What the OpenID provider says of itself (OpenID Connect Discovery 1.0), believed for a few minutes."""

import hashlib
from typing import Any, NamedTuple

from django.core.cache import cache

from contract.settings import settings
from portal.oidc.provider_link import ProviderError, get_object

_WELL_KNOWN = "/.well-known/openid-configuration"
_BELIEVED_SECONDS = 300


class Metadata(NamedTuple):
    """Addresses, and how the provider wants to be asked.

    `takes_post_only`: it wants the client's secret in the form. `names_itself`: its answers carry `iss` (RFC 9207).
    """

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    takes_post_only: bool
    names_itself: bool


def provider_metadata() -> Metadata:
    """Raises ProviderError."""
    issuer = settings().oidc_issuer
    entry = f"oidc:{hashlib.sha256(issuer.encode()).hexdigest()}"
    found = cache.get(entry)
    if found is None:
        found = get_object(issuer.rstrip("/") + _WELL_KNOWN)
        read_metadata(found, issuer)
        cache.set(entry, found, _BELIEVED_SECONDS)
    return read_metadata(found, issuer)


def read_metadata(found: dict[str, Any], issuer: str) -> Metadata:
    """Raises ProviderError where it is another issuer's (section 4.3), or lacks what we need."""
    if found.get("issuer") != issuer:
        raise ProviderError("the metadata are another issuer's than OIDC_ISSUER")
    methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Metadata(
        _address(found, "authorization_endpoint"),
        _address(found, "token_endpoint"),
        _address(found, "jwks_uri"),
        _address(found, "userinfo_endpoint", is_needed=False),
        "client_secret_basic" not in methods and "client_secret_post" in methods,
        found.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(found: dict[str, Any], name: str, *, is_needed: bool = True) -> str:
    address = found.get(name)
    if address is None and not is_needed:
        return ""
    if not isinstance(address, str) or not address.startswith(("https://", "http://")):
        raise ProviderError(f"the metadata have no {name}")
    if address.startswith("http://") and not settings().oidc_issuer.startswith("http://"):
        raise ProviderError(f"{name} is not https")
    return address
