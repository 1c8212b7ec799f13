"""Secrets at rest as ciphertext: an upstream's credentials on their way to the gateways, letters that wait.

Fernet (AES-128-CBC with HMAC-SHA-256) under keys derived from STORAGE_KEY by HKDF-SHA-256 (RFC 5869), one a purpose.
"""

import base64

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_HEADERS = msgspec.json.Decoder(dict[str, str])
_UPSTREAM_HEADERS = b"portcullis upstream headers"


class SealBroken(ValueError):
    """The ciphertext was not written under this key, or was changed."""


def _fernet(storage_key: bytes, purpose: bytes = _UPSTREAM_HEADERS) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(storage_key)
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


def seal_text(text: str, storage_key: bytes, purpose: bytes) -> str:
    """Encrypt a text for one purpose; what is sealed for another does not open it. Empty for an empty text."""
    return _fernet(storage_key, purpose).encrypt(text.encode()).decode() if text else ""


def open_text(sealed: str, storage_key: bytes, purpose: bytes) -> str:
    """Decrypt what `seal_text` made. Raises SealBroken."""
    try:
        return _fernet(storage_key, purpose).decrypt(sealed).decode() if sealed else ""
    except InvalidToken as error:
        raise SealBroken("the text cannot be opened with this STORAGE_KEY") from error
