"""Secrets of keys just made, from the request that made them to the page that shows them once.

They wait in the session, whose content is ciphertext wherever it is kept.
"""

from typing import Any

_ENTRY = "secrets to show once"
_MOST = 5


def keep_secret(session: Any, key_id: str, secret: str) -> None:
    """Hold a secret for the next page that asks for it. Of more than a few the oldest are given up."""
    kept = {**session.get(_ENTRY, {}), key_id: secret}
    session[_ENTRY] = dict(list(kept.items())[-_MOST:])


def take_secret(session: Any, key_id: str) -> str:
    """The secret, which is gone from now on; "" where it was shown before."""
    kept = dict(session.get(_ENTRY, {}))
    if key_id not in kept:
        return ""
    secret = str(kept.pop(key_id))
    session[_ENTRY] = kept
    return secret
