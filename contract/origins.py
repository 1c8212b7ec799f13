"""Origins of web pages (RFC 6454, section 6.2), as CORS settings name them and browsers send them."""

import re
from collections.abc import Iterable
from ipaddress import IPv6Address

ANY = "*"
MOST_ORIGINS = 50
_ORIGIN = re.compile(r"([a-z][a-z0-9+.\-]{0,30})://([a-z0-9._\-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::([0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def check_origin(text: str) -> str:
    """The origin as browsers send it: lower case, without its scheme's own port. Raises ValueError."""
    found = _ORIGIN.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(
            f"{text!r} is no origin such as https://app.example.com: scheme, host, perhaps a port, no path"
        )
    scheme, host, port = found[1], found[2], found[3]
    if host.startswith("["):
        host = f"[{IPv6Address(host[1:-1])}]"
    if port is None or _DEFAULT_PORTS.get(scheme) == int(port):
        return f"{scheme}://{host}"
    if not 1 <= int(port) <= 65535:
        raise ValueError(f"{text!r} has a port that is none")
    return f"{scheme}://{host}:{int(port)}"


def check_origins(texts: Iterable[str], *, takes_any: bool) -> list[str]:
    """Origins in canonical form, each once; `takes_any`: `*` may stand alone for all. Raises ValueError."""
    given = list(dict.fromkeys(text.strip() for text in texts))
    if takes_any and given == [ANY]:
        return given
    if ANY in given:
        raise ValueError("* stands alone and for an API only" if takes_any else "name each origin; * is for APIs")
    if len(given) > MOST_ORIGINS:
        raise ValueError(f"these are more than {MOST_ORIGINS} origins")
    return list(dict.fromkeys(check_origin(text) for text in given))
