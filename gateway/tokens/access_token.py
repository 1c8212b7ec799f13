"""What an access token says (RFC 9068), typed. Whether it still holds is judged per call, see gateway.authorise."""

import hashlib
import re
from typing import NamedTuple

import msgspec

from contract.access_tokens import ALGORITHM, TYPE
from contract.jws import Jws, JwsError, read_object, take_apart

#: How far the clock of the portal's machine may be ahead of Valkey's.
SKEW_MS = 60_000
_HEADER = {"alg", "typ", "kid"}
_ID = re.compile(r"[0-9A-Za-z._~\-]{1,128}")
_SCOPES_MAX = 200


class AccessToken(NamedTuple):
    """`consent` is empty for client credentials, `thumbprint` for a token that is bound to no key."""

    key_id: str
    issuer: str
    audience: str
    client: str
    subject: str
    id: str
    scopes: tuple[str, ...]
    consent: str
    thumbprint: str
    starts_at_ms: int
    ends_at_ms: int


class _Confirmation(msgspec.Struct, forbid_unknown_fields=True):
    """`cnf` (RFC 7800). A binding of another kind cannot be checked here, so that its token is refused."""

    jkt: str


class _Claims(msgspec.Struct):
    """All that are needed; those of others are passed over."""

    iss: str
    sub: str
    aud: str
    client_id: str
    jti: str
    iat: int
    exp: int
    scope: str = ""
    nbf: int = 0
    gid: str = ""
    cnf: _Confirmation | None = None


def digest_token(text: str) -> str:
    """Names a token in memory; never equal to an API key's digest."""
    return "jwt:" + hashlib.sha256(text.encode()).hexdigest()


def read_access_token(text: str) -> tuple[AccessToken, Jws]:
    """What a token says, its signature unchecked. Raises JwsError."""
    jws = take_apart(text)
    header = jws.header
    if header.keys() != _HEADER or header["typ"] != TYPE or header["alg"] != ALGORITHM:
        raise JwsError("not the header of an access token")
    return _typed(_checked_id(header["kid"]), _read_claims(jws.payload)), jws


def _read_claims(payload: bytes) -> _Claims:
    try:
        return msgspec.convert(read_object(payload), _Claims)
    except msgspec.ValidationError as error:
        raise JwsError("claims of another type") from error


def _typed(key_id: str, claims: _Claims) -> AccessToken:
    scopes = tuple(claims.scope.split())
    if len(scopes) > _SCOPES_MAX:
        raise JwsError("too many scopes")
    return AccessToken(
        key_id,
        claims.iss,
        claims.aud,
        _checked_id(claims.client_id),
        claims.sub,
        _checked_id(claims.jti),
        scopes,
        _checked_id(claims.gid) if claims.gid else "",
        _checked_id(claims.cnf.jkt) if claims.cnf is not None else "",
        max(claims.iat, claims.nbf) * 1000 - SKEW_MS,
        claims.exp * 1000,
    )


def _checked_id(value: object) -> str:
    """Names of records go no further than this before they are known to be names."""
    if not isinstance(value, str) or _ID.fullmatch(value) is None:
        raise JwsError("a name that is none of ours")
    return value
