"""Secrets of keys just made, from the request that made them to the page that shows them once.

They wait in the session as ciphertext, because sessions stand in the database.
"""

from typing import Any

from contract.sealed import SealBroken, open_headers, seal_headers
from contract.settings import settings

_ENTRY = "secrets to show once"
_MOST = 5


def keep_secret(session: Any, key_id: str, secret: str) -> None:
    """Hold a secret for the next page that asks for it. Of more than a few the oldest are given up."""
    sealed = seal_headers({"secret": secret}, settings().secret_bytes("storage_key"))
    kept = {**session.get(_ENTRY, {}), key_id: sealed}
    session[_ENTRY] = dict(list(kept.items())[-_MOST:])


def take_secret(session: Any, key_id: str) -> str:
    """The secret, which is gone from now on; "" where it was shown before."""
    kept = dict(session.get(_ENTRY, {}))
    if key_id not in kept:
        return ""
    sealed = kept.pop(key_id)
    session[_ENTRY] = kept
    try:
        return open_headers(sealed, settings().secret_bytes("storage_key")).get("secret", "")
    except SealBroken:
        return ""
