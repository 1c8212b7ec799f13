"""What a rule does to one value.

Every action takes the value as JSON text and gives what is encoded in its place. `null` stays `null`. Objects, arrays,
`true` and `false` cannot be shown in part, so every action but `remove` makes them `null`, as `redact` makes anything.
Numbers are treated as their text and become strings, but for `generalise`, whose numbers stay numbers.

Where several rules name one value, the most restrictive acts alone, whatever the rules' order: `remove`, `redact`,
`hash`, `partial`, `truncate`, `generalise`; of two alike, the one that keeps less.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from contract.masking.generalise import make_generaliser, parse_precision
from contract.masking.rules import ACTIONS, MaskRule

REMOVED: Final = object()
"""Stands for a value that goes together with its name or its place in the array."""

HIDDEN = "••••"
"""Of fixed length: the number of hidden characters is a secret too."""

HASH_BYTES = 16
"""RFC 2104, section 5: a truncated HMAC keeps at least half of the hash."""

_QUOTE = ord('"')
_decode_string = msgspec.json.Decoder(str).decode

Change = Callable[[bytes], object]


class Action(NamedTuple):
    """`severity` orders actions, the smallest being the most restrictive. `change` takes a value's JSON text and gives
    what is encoded instead."""

    severity: tuple[int, Decimal]
    change: Change


def make_action(rule: MaskRule, subject_key: bytes, hash_key_id: str) -> Action:
    """The action of a checked rule."""
    changes: dict[str, Callable[[], Change]] = {
        "remove": lambda: lambda _: REMOVED,
        "redact": lambda: lambda _: None,
        "hash": lambda: _on_text(lambda text: hash_text(text, subject_key, hash_key_id)),
        "partial": lambda: _on_text(lambda text: show_end(text, rule.keep)),
        "truncate": lambda: _on_text(lambda text: text[: rule.keep]),
        "generalise": lambda: _generalise(rule.precision),
    }
    return Action((ACTIONS.index(rule.action), _amount_shown(rule)), changes[rule.action]())


def make_subject_key(hash_key: bytes, subject: str) -> bytes:
    """A key of one consumer's own: equal values get unlike hashes for two consumers, who cannot compare notes."""
    return hmac.digest(hash_key, b"portcullis mask hash\0" + subject.encode(), hashlib.sha256)


def hash_text(text: str, subject_key: bytes, hash_key_id: str) -> str:
    """`<key id>:<base64url of 128 bits of HMAC-SHA256>`: stable for one consumer and key, and not guessed back."""
    digest = hmac.digest(subject_key, text.encode(), "sha256")[:HASH_BYTES]
    return f"{hash_key_id}:{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def show_end(text: str, keep: int) -> str:
    """The last `keep` characters, but never more than half of the value."""
    return HIDDEN + text[len(text) - min(keep, len(text) // 2) :]


def _amount_shown(rule: MaskRule) -> Decimal:
    if rule.action in ("partial", "truncate"):
        return Decimal(rule.keep)
    if rule.action != "generalise":
        return Decimal(0)
    parsed = parse_precision(rule.precision)
    return Decimal(parsed) if isinstance(parsed, int) else -parsed


def _is_number(source: bytes) -> bool:
    return source[0] in b"-0123456789"


def _on_text(change: Callable[[str], str]) -> Change:
    def change_source(source: bytes) -> object:
        if source[0] == _QUOTE:
            return change(_decode_string(source))
        return change(source.decode()) if _is_number(source) else None

    return change_source


def _generalise(precision: str) -> Change:
    generaliser = make_generaliser(precision)

    def change_source(source: bytes) -> object:
        if source[0] == _QUOTE:
            return generaliser(_decode_string(source))
        coarse = generaliser(source.decode()) if _is_number(source) else None
        return None if coarse is None else msgspec.Raw(coarse.encode())

    return change_source
