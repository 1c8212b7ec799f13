"""Whether an ID token is the provider's, for us, for this sign-in and still good (OpenID Connect Core 1.0, 3.1.3.7)."""

import hmac
from typing import Any, NamedTuple

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from contract.jws import JwsError, read_object, take_apart

#: Signatures with the provider's key pair only: no `none`, and nothing keyed with what we know as well.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_KINDS = frozenset({"RSA", "EC", "OKP"})
SKEW_SECONDS = 60
LONGEST_SUBJECT = 255


class NotBelieved(ValueError):
    """The token says nothing to us. The text is for our own log."""


class Expected(NamedTuple):
    """What it must say: who made it, for whom, and for which sign-in."""

    issuer: str
    client_id: str
    nonce: str


def claims_of(text: object, keys: object, expected: Expected, now: float) -> dict[str, Any]:
    """The claims of a token that is believed. `keys` is the provider's JWK set. Raises NotBelieved."""
    try:
        jws = take_apart(text if isinstance(text, str) else "")
        jwt.decode(str(text), _key_of(jws.header, keys), algorithms=ALGORITHMS)
        claims = read_object(jws.payload)
    except (JoseError, JwsError, ValueError, TypeError, KeyError) as error:
        raise NotBelieved(f"{type(error).__name__}: {error}") from None
    _check_parties(claims, expected)
    _check_times(claims, now)
    return claims


def _key_of(header: dict[str, Any], keys: object) -> Key:
    """The one key that the header can mean. Raises ValueError."""
    offered = keys.get("keys") if isinstance(keys, dict) else None
    fitting = [one for one in offered or [] if isinstance(one, dict) and _fits(one, header)]
    if len(fitting) != 1:
        raise ValueError(f"{len(fitting)} keys fit")
    return JWKRegistry.import_key(fitting[0])


def _fits(key: dict[str, Any], header: dict[str, Any]) -> bool:
    is_signing = key.get("kty") in _KINDS and key.get("use", "sig") == "sig"
    algorithm = header.get("alg")
    is_meant = "kid" not in header or key.get("kid") == header["kid"]
    return is_signing and is_meant and key.get("alg", algorithm) == algorithm


def _check_parties(claims: dict[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise NotBelieved("another issuer")
    audience = claims.get("aud")
    if audience != expected.client_id and audience != [expected.client_id]:
        raise NotBelieved("for somebody else, or for others too")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise NotBelieved("asked for by somebody else")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise NotBelieved("for another sign-in")
    _check_subject(claims.get("sub"))


def _check_subject(subject: object) -> None:
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isascii():
        raise NotBelieved("no subject")


def _check_times(claims: dict[str, Any], now: float) -> None:
    if _seconds(claims, "exp") <= now - SKEW_SECONDS:
        raise NotBelieved("expired")
    if _seconds(claims, "iat") > now + SKEW_SECONDS or (
        "nbf" in claims and _seconds(claims, "nbf") > now + SKEW_SECONDS
    ):
        raise NotBelieved("not good yet")


def _seconds(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotBelieved(f"no {name}")
    return value
