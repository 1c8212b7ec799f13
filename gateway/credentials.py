"""Find the one credential in a request's headers: an API key, or an access token (RFC 6750, section 2.1; RFC 9449,
section 7.1). Garbage costs no look-up."""

import re
from typing import NamedTuple

from contract.jws import looks_like_jws
from contract.key_format import digest_key, is_well_formed
from gateway.refusal import Refused
from gateway.tokens.access_token import digest_token

_IN_QUERY = re.compile(rb"pcs?_(?:live|test)_|(?:^\?|&)(?:access_token|api_key|apikey)=", re.IGNORECASE)


class Presented(NamedTuple):
    """What the caller presented. `digest` is empty where it cannot be one of ours; `sent` says if anything was.

    `token` is an access token. One that came with the scheme DPoP leaves `digest` empty as well, so that nobody takes
    it for a credential before its `proof` was looked at.
    """

    digest: str
    sent: bool
    token: str = ""
    proof: str = ""
    is_dpop: bool = False


def find_credential(by_name: dict[bytes, bytes], pepper: bytes) -> Presented:
    """Raises Refused("two-credentials") where two different ones are sent."""
    authorization, api_key = by_name.get(b"authorization"), by_name.get(b"x-api-key")
    scheme, value = _scheme_and_value(authorization) if authorization is not None else (b"", b"")
    if api_key is not None and authorization is not None and (scheme != b"bearer" or value != api_key):
        raise Refused("two-credentials")
    if scheme == b"dpop":
        return _bound_token(value.decode("latin-1"), by_name.get(b"dpop", b"").decode("latin-1"))
    if scheme != b"bearer" and api_key is None:
        return Presented("", authorization is not None)
    text = (value if api_key is None else api_key).decode("latin-1")
    if is_well_formed(text):
        return Presented(digest_key(text, pepper), True)
    if api_key is None and looks_like_jws(text):
        return Presented(digest_token(text), True, text)
    return Presented("", True)


def _bound_token(token: str, proof: str) -> Presented:
    return Presented("", True, token if looks_like_jws(token) else "", proof, is_dpop=True)


def _scheme_and_value(authorization: bytes) -> tuple[bytes, bytes]:
    scheme, _, value = authorization.partition(b" ")
    return scheme.lower(), value.strip(b" ")


def refuse_key_in_query(query: bytes) -> None:
    """Addresses end up in logs. Raises Refused("key-in-query")."""
    if query and _IN_QUERY.search(query):
        raise Refused("key-in-query")
