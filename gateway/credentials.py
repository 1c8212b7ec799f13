"""Find the one credential in a request's headers (RFC 6750, section 2.1, or X-API-Key). Garbage costs no look-up."""

import re
from typing import NamedTuple

from contract.key_format import digest_key, is_well_formed
from gateway.refusal import Refused

_IN_QUERY = re.compile(rb"pc_(?:live|test)_|(?:^\?|&)(?:access_token|api_key|apikey)=", re.IGNORECASE)


class Presented(NamedTuple):
    """What the caller presented. `digest` is empty where it cannot be one of ours; `sent` says if anything was."""

    digest: str
    sent: bool


def find_credential(by_name: dict[bytes, bytes], pepper: bytes) -> Presented:
    """Raises Refused("two-credentials") where two different ones are sent."""
    authorization, api_key = by_name.get(b"authorization"), by_name.get(b"x-api-key")
    bearer = _bearer(authorization) if authorization is not None else None
    if api_key is not None and authorization is not None and bearer != api_key:
        raise Refused("two-credentials")
    key = bearer if bearer is not None else api_key
    if key is None:
        return Presented("", authorization is not None)
    text = key.decode("latin-1")
    return Presented(digest_key(text, pepper) if is_well_formed(text) else "", True)


def _bearer(authorization: bytes) -> bytes | None:
    scheme, _, value = authorization.partition(b" ")
    return value.strip(b" ") if scheme.lower() == b"bearer" else None


def refuse_key_in_query(query: bytes) -> None:
    """Addresses end up in logs. Raises Refused("key-in-query")."""
    if query and _IN_QUERY.search(query):
        raise Refused("key-in-query")
