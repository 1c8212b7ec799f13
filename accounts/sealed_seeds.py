"""Seeds of authenticator apps at rest: AES-256-GCM under a key derived from STORAGE_KEY, bound to their person.

Not Fernet as for other secrets: what it makes of 20 bytes does not fit the column of django-otp's table.
"""

import os
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contract.sealed import SealBroken
from contract.settings import settings

_NONCE_BYTES = 12


def _cipher() -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"portcullis authenticator seeds")
    return AESGCM(derived.derive(settings().secret_bytes("storage_key")))


def seal_seed(seed: bytes, person: str) -> str:
    """64 characters for 20 bytes; another person's row does not open it."""
    nonce = os.urandom(_NONCE_BYTES)
    return b64encode(nonce + _cipher().encrypt(nonce, seed, person.encode())).decode()


def open_seed(sealed: str, person: str) -> bytes:
    """Raises SealBroken."""
    try:
        raw = b64decode(sealed, validate=True)
        return _cipher().decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], person.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken("the authenticator's seed cannot be opened with this STORAGE_KEY") from error
