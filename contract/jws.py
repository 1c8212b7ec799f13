"""JSON Web Signatures in compact form (RFC 7515), read strictly: one way to write a signature is taken, all others not.

Three parts of base64url without padding, each in its one canonical spelling; a header that is one JSON object in UTF-8
in which no name stands twice. No extension is understood (`crit`), and no key is fetched from where a header points.
"""

import base64
import binascii
import hashlib
import json
import re
from typing import Any, NamedTuple, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

#: Longest JWS that is read at all.
MAX_CHARACTERS = 8_192
_COMPACT = re.compile(r"\A[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\Z")
_BASE64URL = re.compile(r"[0-9A-Za-z_-]*\Z")
_NEVER_UNDERSTOOD = frozenset({"crit", "b64", "jku", "x5u", "x5c", "zip", "enc"})
_COORDINATE_BYTES = 32


class JwsError(ValueError):
    """What was read is no signature that we take. The text is for our own log."""


class Jws(NamedTuple):
    """A signature that was taken apart, and not checked yet."""

    header: dict[str, Any]
    payload: bytes
    signed: bytes
    signature: bytes


class PublicKey(NamedTuple):
    """A key that checks signatures of one algorithm; `thumbprint` by RFC 7638."""

    algorithm: str
    thumbprint: str
    key: ec.EllipticCurvePublicKey | Ed25519PublicKey


def looks_like_jws(text: str) -> bool:
    """Whether a text could be one; costs next to nothing."""
    return len(text) <= MAX_CHARACTERS and _COMPACT.match(text) is not None


def take_apart(text: str) -> Jws:
    """Raises JwsError."""
    if not looks_like_jws(text):
        raise JwsError("not three parts of base64url")
    signed, _, signature = text.rpartition(".")
    header, _, payload = signed.partition(".")
    names = read_object(base64url_decode(header))
    if found := _NEVER_UNDERSTOOD & names.keys():
        raise JwsError(f"header has {min(found)}")
    return Jws(names, base64url_decode(payload), signed.encode(), base64url_decode(signature))


def check(jws: Jws, key: PublicKey) -> None:
    """Raises JwsError where the header names another algorithm than the key's, or the signature is not the key's."""
    if jws.header.get("alg") != key.algorithm:
        raise JwsError("another algorithm than the key's")
    if len(jws.signature) != 2 * _COORDINATE_BYTES:
        raise JwsError("a signature of another length")
    try:
        _check(jws, key.key)
    except InvalidSignature:
        raise JwsError("the signature does not fit") from None


def _check(jws: Jws, key: ec.EllipticCurvePublicKey | Ed25519PublicKey) -> None:
    if isinstance(key, Ed25519PublicKey):
        key.verify(jws.signature, jws.signed)
        return
    r, s = (int.from_bytes(half) for half in (jws.signature[:32], jws.signature[32:]))
    key.verify(encode_dss_signature(r, s), jws.signed, ec.ECDSA(SHA256()))


def read_public_key(jwk: dict[str, Any]) -> PublicKey:
    """A public JWK (RFC 7517): EC P-256 for ES256, OKP Ed25519 for EdDSA (RFC 8037). Raises JwsError for all others."""
    if not all(isinstance(value, str) for name, value in jwk.items() if name != "key_ops"):
        raise JwsError("a key with parts that are no text")
    kind = (jwk.get("kty"), jwk.get("crv"))
    if {"d", "k", "p", "q"} & jwk.keys():
        raise JwsError("not a public key")
    if jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ["verify"]):
        raise JwsError("a key for something else")
    if kind == ("EC", "P-256"):
        return _kept_to(jwk, _elliptic(jwk))
    if kind == ("OKP", "Ed25519"):
        return _kept_to(jwk, _edwards(jwk))
    raise JwsError("a kind of key that is not taken")


def _kept_to(jwk: dict[str, Any], key: PublicKey) -> PublicKey:
    if jwk.get("alg", key.algorithm) != key.algorithm:
        raise JwsError("a key for another algorithm")
    return key


def _elliptic(jwk: dict[str, Any]) -> PublicKey:
    x, y = _coordinate(jwk, "x"), _coordinate(jwk, "y")
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
    except ValueError:
        raise JwsError("not a point of the curve") from None
    return PublicKey("ES256", thumbprint(jwk), key)


def _edwards(jwk: dict[str, Any]) -> PublicKey:
    return PublicKey("EdDSA", thumbprint(jwk), Ed25519PublicKey.from_public_bytes(_coordinate(jwk, "x")))


def _coordinate(jwk: dict[str, Any], name: str) -> bytes:
    raw = base64url_decode(jwk.get(name, ""))
    if len(raw) != _COORDINATE_BYTES:
        raise JwsError(f"{name} is not of 32 bytes")
    return raw


def thumbprint(jwk: dict[str, Any]) -> str:
    """SHA-256 over the key's required members in their order (RFC 7638, section 3; RFC 8037, appendix A.3)."""
    names = ("crv", "kty", "x", "y") if jwk["kty"] == "EC" else ("crv", "kty", "x")
    text = json.dumps({name: jwk[name] for name in names}, separators=(",", ":"))
    return base64url_encode(hashlib.sha256(text.encode()).digest())


def read_object(raw: bytes) -> dict[str, Any]:
    """One JSON object (RFC 8259) in UTF-8, no name twice in any object. Raises JwsError."""
    try:
        found = json.loads(raw.decode(), object_pairs_hook=_without_doubles, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise JwsError("not JSON as it must be") from error
    if not isinstance(found, dict):
        raise JwsError("not a JSON object")
    return found


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JwsError("a name stands twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise JwsError(f"{name} is not JSON")


def base64url_encode(raw: bytes) -> str:
    """Base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def base64url_decode(text: str) -> bytes:
    """Base64url without padding, in its canonical spelling: unused bits are zero. Raises JwsError."""
    if not _BASE64URL.match(text):
        raise JwsError("not base64url")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise JwsError("not base64url") from None
    if base64url_encode(raw) != text:
        raise JwsError("base64url in another spelling")
    return raw
