"""Where parameters stand: taken out of path, query string, header and cookies as text, strictly decoded.

A plus sign in a query string is a space, as in forms (WHATWG URL, "application/x-www-form-urlencoded parsing").
"""

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote_to_bytes

from gateway.validation.issues import Malformed

_PARAMETER = re.compile(r"\{([^{}/]+)\}")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_PAIRS_MAX = 10_000
Named = dict[str, list[str]]


def percent_decoded(text: bytes, *, plus_is_space: bool) -> str:
    """Raises Malformed for what is no percent-encoding, no UTF-8, or holds NUL, at which some programs stop reading."""
    if plus_is_space:
        text = text.replace(b"+", b" ")
    if b"%" in text:
        if _BAD_ESCAPE.search(text):
            raise Malformed("Has a percent sign that begins no percent-encoding.")
        text = unquote_to_bytes(text)
    return utf8(text)


def utf8(text: bytes) -> str:
    """Raises Malformed."""
    if b"\0" in text:
        raise Malformed("Holds the character NUL.")
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise Malformed("Is not UTF-8.") from None


def read_pairs(text: bytes) -> Named:
    """The values of a query string without its question mark, or of a form, by name. Raises Malformed."""
    named: Named = {}
    pairs = [pair for pair in text.split(b"&") if pair]
    if len(pairs) > _PAIRS_MAX:
        raise Malformed(f"Has more than {_PAIRS_MAX:,} names.")
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        decoded = percent_decoded(value, plus_is_space=True)
        named.setdefault(percent_decoded(name, plus_is_space=True), []).append(decoded)
    return named


def read_cookies(headers: Sequence[bytes]) -> Named:
    """The values of cookies by name (RFC 6265, section 4.2.1). Raises Malformed."""
    named: Named = {}
    for pair in b";".join(headers).split(b";"):
        name, sign, value = pair.strip(b" \t").partition(b"=")
        if sign:
            decoded = percent_decoded(value.strip(b'"'), plus_is_space=False)
            named.setdefault(utf8(name), []).append(decoded)
    return named


class PathReader:
    """Takes the parameters out of a canonical path, as the router matches it."""

    def __init__(self, template: str) -> None:
        parts = _PARAMETER.split(template)
        literals = [re.escape(quote(text, safe="/-._~!$&'()*+,=:@%")) for text in parts[::2]]
        self._names = parts[1::2]
        self._pattern = re.compile("([^/]+)".join(literals))

    def read(self, path: str) -> dict[str, str]:
        """The text of each parameter by name. Raises Malformed."""
        match = self._pattern.fullmatch(path)
        if match is None:
            raise Malformed("Is not the operation's path.")
        values = [percent_decoded(value.encode(), plus_is_space=False) for value in match.groups()]
        return dict(zip(self._names, values, strict=True))
