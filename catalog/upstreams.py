"""What makes an upstream's address and credential headers usable; every way in passes here."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

MOST_HEADERS = 16
MOST_VALUE_CHARACTERS = 8192
_HOST = re.compile(r"\A(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|[0-9a-f:.]{2,45})\Z")
_TOKEN = re.compile(r"\A[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z")
_VALUE = re.compile(r"\A[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?\Z")
_FRAMING = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect", "keep-alive"}
)


def check_upstream_url(url: str) -> None:
    """Raises ValidationError unless it is http(s), a host, perhaps a port and a path: names without dots are hosts too,
    as within a cluster; credentials belong into the upstream's headers, where they are sealed."""
    try:
        parts = urlsplit(url)
        fits = parts.port != 0
    except ValueError:
        raise ValidationError("This is no address such as https://clinic.internal:8443/v1.") from None
    if parts.scheme not in ("http", "https") or not _HOST.match(parts.hostname or "") or not fits:
        raise ValidationError("Write an address such as https://clinic.internal:8443/v1.")
    if parts.username is not None or parts.password is not None:
        raise ValidationError("No credentials in the address: set them as upstream headers, which are kept sealed.")
    if "?" in url or "#" in url or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValidationError("Only a host, a port and a path: no query, fragment, space or special character.")


def check_upstream_headers(headers: Mapping[str, str]) -> None:
    """Raises ValidationError for a header that could not be sent, or that frames the message (RFC 9110, 5.1, 5.5)."""
    if len(headers) > MOST_HEADERS:
        raise ValidationError({"upstream_headers": f"At most {MOST_HEADERS} headers."})
    for name, value in headers.items():
        if not _TOKEN.match(name) or name.lower() in _FRAMING:
            raise ValidationError({"upstream_headers": f"{name[:100]!r} is no header that can be set here."})
        if len(value) > MOST_VALUE_CHARACTERS or not _VALUE.match(value):
            raise ValidationError({"upstream_headers": f"The value of {name} is empty, too long or not plain ASCII."})
