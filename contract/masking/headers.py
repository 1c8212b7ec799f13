"""Which response headers of the upstream pass on a masked answer: those whose values cannot carry a field.

Dropped, and why:

- `Content-Length`, `Content-Encoding`, digests, `ETag`: they describe the unmasked representation. A digest of it would
  confirm guesses of what was masked.
- `Last-Modified`: with it a client could revalidate, and keep, a copy from before the mask.
- `Content-Range`, `Accept-Ranges`: a masked answer is whole or not sent.
- `Location`, `Content-Location`, `Link`, `Set-Cookie`, `Content-Disposition` and whatever is not listed: free text that
  no rule can look into.
- `Cache-Control`, `Expires`, `Age`, `Pragma`: the answer is one consumer's own.
"""

import re

PASSED = frozenset({b"content-type", b"content-language", b"date", b"retry-after", b"allow", b"vary"})
"""Lower case."""

ADDED = ((b"Cache-Control", b"private"), (b"Vary", b"Authorization"))

_ASCII_CHARSET = re.compile(rb'(;[ \t]*charset=)"?us-ascii"?', re.IGNORECASE)


def masked_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of a masked answer, in their order, without length or encoding, which the sender adds."""
    passed = [(name, _in_utf8(value)) for name, value in headers if name.lower() in PASSED]
    return [*passed, *ADDED]


def _in_utf8(value: bytes) -> bytes:
    """The masker writes UTF-8, also where the upstream kept to ASCII. No other field than Content-Type says that."""
    return _ASCII_CHARSET.sub(rb"\1utf-8", value) if b";" in value else value
