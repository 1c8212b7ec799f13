"""DPoP (RFC 9449): a caller proves with each request that it holds the key to which its token is bound.

A proof is a JWS of type `dpop+jwt` that carries its public key. It is for one method, one address and one moment, and
it is taken once; who keeps the proofs that were taken is the reader's matter.
"""

import hashlib
import hmac
import re
import string
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from contract.jws import JwsError, base64url_encode, check, read_object, read_public_key, take_apart

TYPE = "dpop+jwt"
ALGORITHMS = ("ES256", "EdDSA")
#: How far a proof's `iat` may lie from our clock, either way.
WINDOW_SECONDS = 60
#: How long proofs that were taken must be remembered: as long as they could be taken again.
REMEMBERED_SECONDS = 2 * WINDOW_SECONDS + 5
NONCE_SECONDS = 300
_JTI_MAX_CHARACTERS = 256
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Proof(NamedTuple):
    """A proof whose signature is its key's. `thumbprint` is the key's; `iat` in seconds."""

    thumbprint: str
    jti: str
    method: str
    address: str
    iat: int
    nonce: str
    token_digest: str

    @property
    def digest(self) -> str:
        """Names the proof among those that were taken."""
        return base64url_encode(hashlib.sha256(f"{self.thumbprint} {self.jti}".encode()).digest())


class _Claims(msgspec.Struct):
    """The payload (section 4.2); other claims are passed over."""

    jti: str
    htm: str
    htu: str
    iat: int
    ath: str = ""
    nonce: str = ""


def read_proof(text: str) -> Proof:
    """Read a proof and check its signature by the key that it carries. Raises JwsError."""
    jws = take_apart(text)
    if jws.header.get("typ") != TYPE or not isinstance(jwk := jws.header.get("jwk"), dict):
        raise JwsError("not a proof")
    claims = _read_claims(jws.payload)
    key = read_public_key(jwk)
    check(jws, key)
    return Proof(key.thumbprint, claims.jti, claims.htm, claims.htu, claims.iat, claims.nonce, claims.ath)


def _read_claims(payload: bytes) -> _Claims:
    try:
        claims = msgspec.convert(read_object(payload), _Claims)
    except msgspec.ValidationError as error:
        raise JwsError("claims of another type") from error
    if not 0 < len(claims.jti) <= _JTI_MAX_CHARACTERS:
        raise JwsError("a jti that is empty or too long")
    if not "".join((claims.jti, claims.htm, claims.htu, claims.ath, claims.nonce)).isascii():
        raise JwsError("claims beyond ASCII")
    return claims


def token_digest(token: str) -> str:
    """`ath`: what a proof says of the access token that it goes with."""
    return base64url_encode(hashlib.sha256(token.encode()).digest())


def fault(proof: Proof, *, method: str, address: str, now_ms: int, token: str | None = None) -> str:
    """What is wrong with a proof for a request, empty where nothing is. `address` is without query and canonical;
    `token` is the access token that comes with it, None at the token endpoint."""
    if proof.method != method:
        return "htm is not the request's method"
    if _canonical(proof.address) != address:
        return "htu is not the request's address"
    if abs(now_ms - proof.iat * 1000) > WINDOW_SECONDS * 1000:
        return "iat is not now"
    if token is not None and not hmac.compare_digest(proof.token_digest, token_digest(token)):
        return "ath is not the token's"
    return ""


def _canonical(address: str) -> str:
    """Scheme and host in lower case, no default port, no needless escape, no query, no fragment (RFC 3986, sections
    6.2.2 and 6.2.3)."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    shown = "" if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{port}"
    path = _ESCAPE.sub(_canonical_escape, parts.path) or "/"
    return f"{parts.scheme}://{host}{shown}{path}" if "@" not in parts.netloc else ""


def _canonical_escape(match: re.Match[str]) -> str:
    character = chr(int(match[0][1:], 16))
    return character if character in _UNRESERVED else match[0].upper()


class Nonces:
    """Nonces (section 8) that need no memory: each is good for the period it was made in and for the next one."""

    def __init__(self, key: bytes, purpose: bytes) -> None:
        self._key = hmac.digest(key, b"portcullis dpop nonce " + purpose, "sha256")

    def current(self, now_ms: int) -> str:
        """The one to use now."""
        return self._of(now_ms // (NONCE_SECONDS * 1000))

    def is_good(self, nonce: str, now_ms: int) -> bool:
        """Whether a nonce is this period's or the last one's."""
        period = now_ms // (NONCE_SECONDS * 1000)
        return any(hmac.compare_digest(nonce.encode(), self._of(one).encode()) for one in (period, period - 1))

    def _of(self, period: int) -> str:
        return base64url_encode(hmac.digest(self._key, b"%d" % period, "sha256")[:18])
