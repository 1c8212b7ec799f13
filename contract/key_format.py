"""API keys: how they look, how they are checked without a look-up, how they are kept.

A key is `pc_live_` or `pc_test_`, 30 base62 characters (178 bits of randomness) and 6 base62 characters of CRC32 over
all that stands before them: GitHub's token format. The checksum lets garbage be refused without a look-up; it proves
nothing. The secrets of OAuth clients look alike but begin with `pcs_`: they never pass for keys.
"""

import hmac
import re
import secrets
import string
import zlib
from typing import Literal, NamedTuple

Environment = Literal["test", "live"]

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH = 30
CHECKSUM_LENGTH = 6
KEY_LENGTH = len("pc_test_") + RANDOM_LENGTH + CHECKSUM_LENGTH
#: Published for secret scanners; `\A…\Z` is added where we match whole strings.
SCANNER_REGEX = r"pcs?_(?:live|test)_[0-9A-Za-z]{36}"
_PAIRS = [high + low for high in ALPHABET for low in ALPHABET]
_KEY = re.compile(r"\Apc_(?:live|test)_[0-9A-Za-z]{36}\Z")
_CLIENT_SECRET = re.compile(r"\Apcs_(?:live|test)_[0-9A-Za-z]{36}\Z")
_SHOWN_RANDOM = 4


class Stub(NamedTuple):
    """What may be shown of a key afterwards: its first characters and its last four."""

    prefix: str
    last4: str


def mint_key(environment: Environment) -> str:
    """Return a new key. The caller shows it once and keeps only `digest_key` and `stub_key` of it."""
    return _mint(f"pc_{environment}_")


def mint_client_secret(environment: Environment) -> str:
    """Return a new secret of an OAuth client, kept as a key is. Gateways accept none."""
    return _mint(f"pcs_{environment}_")


def _mint(prefix: str) -> str:
    body = prefix + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return body + checksum(body)


def checksum(body: str) -> str:
    """CRC32 of `body` as six base62 digits."""
    number, last = divmod(zlib.crc32(body.encode()), len(_PAIRS))
    first, middle = divmod(number, len(_PAIRS))
    return _PAIRS[first] + _PAIRS[middle] + _PAIRS[last]


def is_well_formed(key: str) -> bool:
    """Whether `key` could be one of ours; costs no look-up."""
    return bool(_KEY.match(key)) and _adds_up(key)


def is_client_secret(text: str) -> bool:
    """Whether `text` could be a secret of one of our OAuth clients; costs no look-up."""
    return bool(_CLIENT_SECRET.match(text)) and _adds_up(text)


def is_secret(text: str) -> bool:
    """Whether `text` could be a key or a client's secret of ours; costs no look-up."""
    return is_well_formed(text) or is_client_secret(text)


def _adds_up(text: str) -> bool:
    return checksum(text[:-CHECKSUM_LENGTH]) == text[-CHECKSUM_LENGTH:]


def digest_key(key: str, pepper: bytes) -> str:
    """Keyed digest (HMAC-SHA-256, RFC 2104), 64 hex characters: the only form in which a key is stored."""
    return hmac.digest(pepper, key.encode(), "sha256").hex()


def stub_key(key: str) -> Stub:
    """`pc_test_8fK2` and `x9Qa` of a key: enough to recognise it, useless to call with."""
    return Stub(key[: -(RANDOM_LENGTH + CHECKSUM_LENGTH) + _SHOWN_RANDOM], key[-4:])


def key_environment(key: str) -> Environment:
    """The environment that a well-formed key names."""
    return "live" if key.startswith("pc_live_") else "test"
