"""Which answers of a masked operation may reach the masker, and as what. Everything else is withheld.

An empty body holds nothing to mask and passes, whatever its labels say; only 206 never does.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from contract.masking.encodings import decode_body
from contract.masking.withheld import Withheld

NDJSON_TYPES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
CHARSETS = frozenset({"utf-8", "us-ascii"})

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105
_PARAMETER = re.compile(rf'[ \t]*;[ \t]*({_TOKEN})=({_TOKEN}|"[^"\\\x00-\x1f\x7f-\U0010ffff]*")')
_MEDIA_TYPE = re.compile(rf"[ \t]*({_TOKEN}/{_TOKEN})((?:{_PARAMETER.pattern})*)[ \t]*")
_JSON_TYPE = re.compile(r"application/(.+\+)?json")
_MARKS = (b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe")


class MediaType(NamedTuple):
    """Lower case; `charset` is None if none is declared."""

    name: str
    charset: str | None

    @property
    def is_ndjson(self) -> bool:
        return self.name in NDJSON_TYPES

    @property
    def is_json(self) -> bool:
        return _JSON_TYPE.fullmatch(self.name) is not None


def readable_body(
    *,
    status: int,
    content_type: str | None,
    content_encoding: str | None,
    body: bytes,
    max_bytes: int,
    content_range: str | None = None,
) -> tuple[bytes, bool]:
    """The JSON bytes of an upstream's answer without content codings, and whether they are NDJSON.

    A header that came several times is passed joined by commas (RFC 9110, section 5.2), absent ones as None.
    `max_bytes` bounds the body before and after each decoding. Raises Withheld.
    """
    if status == 206 or content_range is not None:
        raise Withheld("partial-content")
    if not body:
        return b"", False
    media_type = _readable_type(content_type)
    if len(body) > max_bytes:
        raise Withheld("too-large")
    decoded = decode_body(content_encoding, body, max_bytes)
    check_plain(decoded, max_bytes)
    if media_type.charset == "us-ascii" and not decoded.isascii():
        raise Withheld("charset")
    return decoded, media_type.is_ndjson


def is_plain_label(
    *, status: int, content_type: str | None, content_encoding: str | None, content_range: str | None
) -> bool:
    """Whether `readable_body` would give a body with this label as it came, as JSON, if `check_plain` lets it pass."""
    if status == 206 or content_range is not None or content_encoding is not None:
        return False
    media_type = parse_media_type(content_type or "")
    return media_type is not None and media_type.is_json and media_type.charset in (None, "utf-8")


def check_plain(body: bytes, max_bytes: int) -> None:
    """What is left to be seen of a body with a plain label. Raises Withheld.

    UTF-16 and UTF-32 show as a mark or a zero byte in front. The masker checks that the rest is UTF-8.
    """
    if len(body) > max_bytes:
        raise Withheld("too-large")
    if body.startswith(_MARKS) or b"\0" in body[:4]:
        raise Withheld("charset")


@lru_cache(maxsize=1024)
def parse_media_type(content_type: str) -> MediaType | None:
    """RFC 9110, section 8.3.1. None for what is malformed, repeated, or declares `charset` twice."""
    match = _MEDIA_TYPE.fullmatch(content_type)
    if match is None:
        return None
    parameters = [(name.lower(), value) for name, value in _PARAMETER.findall(match[2])]
    charsets = [value.strip('"').lower() for name, value in parameters if name == "charset"]
    return None if len(charsets) > 1 else MediaType(match[1].lower(), charsets[0] if charsets else None)


@lru_cache(maxsize=1024)
def _readable_type(content_type: str | None) -> MediaType:
    media_type = parse_media_type(content_type or "")
    if media_type is None or not (media_type.is_json or media_type.is_ndjson):
        raise Withheld("content-type")
    if media_type.charset is not None and media_type.charset not in CHARSETS:
        raise Withheld("charset")
    return media_type
