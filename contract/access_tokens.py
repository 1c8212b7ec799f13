"""Access tokens as the authorization server writes them and the gateways read them: JWTs by RFC 9068.

Signed by the key that the header's `kid` names, a published `token-key:`. One token is for one API: `aud` is the
address under which the gateway serves it.
"""

ALGORITHM = "ES256"
TYPE = "at+jwt"


def audience(gateway_base: str, slug: str) -> str:
    """The API's resource identifier (RFC 8707); `gateway_base` as in Settings, without a slash at its end."""
    return f"{gateway_base}/{slug}"
