"""Secrets that travel to the gateways as ciphertext, such as an upstream's credentials.

Fernet (AES-128-CBC with HMAC-SHA-256) under a key derived from STORAGE_KEY by HKDF-SHA-256 (RFC 5869).
"""

import base64

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_HEADERS = msgspec.json.Decoder(dict[str, str])


class SealBroken(ValueError):
    """The ciphertext was not written under this key, or was changed."""


def _fernet(storage_key: bytes) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"portcullis upstream headers").derive(storage_key)
    return Fernet(base64.urlsafe_b64encode(key))


def seal_headers(headers: dict[str, str], storage_key: bytes) -> str:
    """Encrypt header names and values; empty text for none."""
    return _fernet(storage_key).encrypt(msgspec.json.encode(headers)).decode() if headers else ""


def open_headers(sealed: str, storage_key: bytes) -> dict[str, str]:
    """Decrypt what `seal_headers` made. Raises SealBroken."""
    if not sealed:
        return {}
    try:
        return _HEADERS.decode(_fernet(storage_key).decrypt(sealed))
    except (InvalidToken, msgspec.DecodeError) as error:
        raise SealBroken("upstream headers cannot be opened with this STORAGE_KEY") from error
