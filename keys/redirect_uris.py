"""Where the answer of a consent may go: addresses that a client names beforehand, compared as texts (RFC 9700, 2.1)."""

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError

MOST_URIS = 10
MOST_CHARACTERS = 500
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CHARACTERS = re.compile(r"\A[\x21-\x7e]+\Z")
#: A program's own scheme is its makers' domain, turned round (RFC 8252, 7.1): so it has a dot.
_OWN_SCHEME = re.compile(r"\A[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+\Z")


def checked_redirect_uris(uris: Iterable[str], *, is_public: bool) -> list[str]:
    """The addresses, each once. Raises ValidationError naming the first that will not do."""
    texts = list(dict.fromkeys(text.strip() for text in uris if text.strip()))
    if len(texts) > MOST_URIS:
        raise ValidationError({"redirect_uris": f"A client has at most {MOST_URIS} redirect addresses."})
    for text in texts:
        if problem := _problem(text, is_public):
            raise ValidationError({"redirect_uris": f"{text[:80]!r} cannot be used: {problem}."})
    return texts


def is_on_own_device(uri: str) -> bool:
    """Whether it leads to a program on the person's device, and to no host."""
    parts = urlsplit(uri)
    return parts.scheme not in ("http", "https") or parts.hostname in LOOPBACK


def _problem(text: str, is_public: bool) -> str:
    if len(text) > MOST_CHARACTERS or not _CHARACTERS.match(text):
        return f"it must be printable ASCII, {MOST_CHARACTERS} characters at most"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "it is no address"
    if "#" in text or "@" in parts.netloc or "*" in parts.netloc or "\\" in text:
        return "it must not have a fragment, a user or a wildcard"
    return _scheme_problem(parts, host, is_public)


def _scheme_problem(parts: SplitResult, host: str, is_public: bool) -> str:
    if parts.scheme in ("http", "https"):
        if not host:
            return "it has no host"
        is_safe = parts.scheme == "https" or host in LOOPBACK
        return "" if is_safe else "it must begin with https://, except on the person's own device (http://127.0.0.1)"
    if is_public and _OWN_SCHEME.match(parts.scheme):
        return ""
    return "its scheme must be https, or for public clients one of the program's own such as com.example.app"
