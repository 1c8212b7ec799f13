"""Values of an address's query: whatever stands there, nothing raises."""

import re
from ipaddress import ip_network

from django.http import QueryDict

LONGEST_VALUE = 120
_SEPARATORS = re.compile(r"[\s,]+")


def words_in(query: QueryDict, name: str) -> list[str]:
    """Without repetitions, in their order."""
    found = (word for text in query.getlist(name) for word in _SEPARATORS.split(text))
    return list(dict.fromkeys(word for word in found if word))


def canonical_network(text: str) -> str:
    """`203.0.113.24/24` means the network around it; what is no network is refused later, as it was typed."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return text[:LONGEST_VALUE]


def is_network(text: str) -> bool:
    """An address is one of its own."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def whole(query: QueryDict, name: str, otherwise: int) -> int:
    """-1 for what is no number: every check refuses it."""
    text = query.get(name, "").strip()
    if not text:
        return otherwise
    return int(text) if text.isascii() and text.isdigit() and len(text) < 11 else -1
