"""From the code that the browser brings to who it is: token endpoint, ID token, and userinfo where the address is only
there."""

import base64
import time
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from contract.settings import settings
from portal.oidc.id_token import Expected, NotBelieved, claims_of
from portal.oidc.metadata import Metadata, provider_metadata
from portal.oidc.provider_link import ProviderError, get_object, post_form


class Identity(NamedTuple):
    """A person as the provider knows them; `email` is empty where it does not vouch for one."""

    subject: str
    email: str


def identity_of(code: str, *, verifier: str, nonce: str, callback: str) -> Identity:
    """Who signed in. Raises ProviderError."""
    metadata, known = provider_metadata(), settings()
    tokens = _redeem(metadata, {"code": code, "code_verifier": verifier, "redirect_uri": callback})
    expected = Expected(known.oidc_issuer, known.oidc_client_id, nonce)
    try:
        claims = claims_of(tokens.get("id_token"), get_object(metadata.jwks_uri), expected, time.time())
    except NotBelieved as error:
        raise ProviderError(f"the ID token is not believed: {error}") from None
    return Identity(claims["sub"], _verified_email(_with_email(claims, tokens, metadata)))


def _redeem(metadata: Metadata, fields: dict[str, str]) -> dict[str, Any]:
    """The secret goes in a header unless the provider takes it in the form alone (RFC 6749, section 2.3.1)."""
    name, secret = settings().oidc_client_id, settings().secret_bytes("oidc_client_secret").decode()
    fields = {"grant_type": "authorization_code"} | fields
    if metadata.takes_post_only:
        return post_form(metadata.token_endpoint, fields | {"client_id": name, "client_secret": secret}, {})
    pair = base64.b64encode(f"{quote_plus(name)}:{quote_plus(secret)}".encode()).decode()
    return post_form(metadata.token_endpoint, fields, {"Authorization": f"Basic {pair}"})


def _with_email(claims: dict[str, Any], tokens: dict[str, Any], metadata: Metadata) -> dict[str, Any]:
    """Providers may tell the address at the userinfo endpoint alone (OpenID Connect Core 1.0, 5.3 and 5.4)."""
    token = tokens.get("access_token")
    if "email" in claims or not metadata.userinfo_endpoint or not isinstance(token, str) or not token.isascii():
        return claims
    told = get_object(metadata.userinfo_endpoint, {"Authorization": f"Bearer {token}"})
    if told.get("sub") != claims["sub"]:
        raise ProviderError("userinfo is about somebody else")
    return told


def _verified_email(told: dict[str, Any]) -> str:
    email = told.get("email")
    return email if told.get("email_verified") is True and isinstance(email, str) else ""
