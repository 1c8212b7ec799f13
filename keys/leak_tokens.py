"""What a leak report holds: tokens found in a text, and addresses cut down to what may be kept."""

import re
from urllib.parse import urlsplit, urlunsplit

from contract.key_format import SCANNER_REGEX, is_secret

MOST_TOKENS = 500
MOST_TEXT_CHARACTERS = 200_000
MOST_URL_CHARACTERS = 500
MOST_KIND_CHARACTERS = 80
_FOUND = re.compile(SCANNER_REGEX)
_NOT_PRINTABLE = re.compile(r"[^\x21-\x7e]")


def tokens_in(text: str) -> list[str]:
    """Our keys in a text, each once, in order, at most MOST_TOKENS. What fails its checksum is none of ours."""
    found = (match[0] for match in _FOUND.finditer(text[:MOST_TEXT_CHARACTERS]))
    return list(dict.fromkeys(filter(is_secret, found)))[:MOST_TOKENS]


def kept_url(url: str) -> str:
    """Scheme, host and path of a web address, without user, query and fragment, which may hold secrets; without our
    keys. Empty for what is no web address."""
    try:
        parts = urlsplit(_NOT_PRINTABLE.sub("", url))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    place = f"[{host}]" if ":" in host else host
    address = urlunsplit((parts.scheme, f"{place}:{port}" if port else place, parts.path, "", ""))
    return without_tokens(address)[:MOST_URL_CHARACTERS]


def kept_kind(kind: str) -> str:
    """What the reporter calls it, as one short line of printable ASCII without our keys."""
    return without_tokens(_NOT_PRINTABLE.sub(" ", kind))[:MOST_KIND_CHARACTERS].strip()


def without_tokens(text: str) -> str:
    """The text with each of our keys, whole or not, cut to the stub that may be shown."""
    return _FOUND.sub(lambda match: match[0][:12] + "…", text)
