"""Public ids: random, so that nothing can be enumerated, with a prefix that says what they name."""

import secrets

from contract.key_format import ALPHABET

LENGTH = 16
"""16 base62 characters are 95 bits."""


def new_public_id(prefix: str) -> str:
    """`app_` and 16 random base62 characters, for the prefix `app`."""
    return f"{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
