"""The identity assertion that upstreams receive in `X-Portcullis-Identity`: a JWT (RFC 7519) signed with Ed25519.

EdDSA, so that an upstream can check an assertion but never make one. The signing key is derived from IDENTITY_KEY by
HKDF-SHA-256; the portal serves `public_jwk` for upstreams to check with.
"""

import base64
import hashlib
from functools import lru_cache

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LIFETIME_SECONDS = 120


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@lru_cache(maxsize=4)
def _private_key(identity_key: bytes) -> Ed25519PrivateKey:
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"portcullis identity").derive(identity_key)
    return Ed25519PrivateKey.from_private_bytes(seed)


@lru_cache(maxsize=4)
def public_jwk(identity_key: bytes) -> dict[str, str]:
    """The public half as a JWK (RFC 8037); `kid` names it in the assertions' headers."""
    public = _private_key(identity_key).public_key().public_bytes_raw()
    key_id = hashlib.sha256(public).hexdigest()[:16]
    return {"kty": "OKP", "crv": "Ed25519", "x": _base64url(public), "kid": key_id, "alg": "EdDSA", "use": "sig"}


def sign_assertion(claims: dict[str, object], identity_key: bytes) -> str:
    """A compact JWS (RFC 7515, alg EdDSA of RFC 8037) with `typ: portcullis-identity+jwt`."""
    return write_assertion(claims, sign_claims(claims, identity_key), identity_key)


def sign_claims(claims: dict[str, object], identity_key: bytes) -> bytes:
    """The signature alone, 64 bytes, for whoever can say the same claims again."""
    return _private_key(identity_key).sign(_signed_text(claims, identity_key).encode())


def write_assertion(claims: dict[str, object], signature: bytes, identity_key: bytes) -> str:
    """The assertion of claims that were signed."""
    return f"{_signed_text(claims, identity_key)}.{_base64url(signature)}"


def _signed_text(claims: dict[str, object], identity_key: bytes) -> str:
    return f"{_header(identity_key)}.{_base64url(msgspec.json.encode(claims))}"


@lru_cache(maxsize=4)
def _header(identity_key: bytes) -> str:
    header = {"alg": "EdDSA", "typ": "portcullis-identity+jwt", "kid": public_jwk(identity_key)["kid"]}
    return _base64url(msgspec.json.encode(header))
