"""Which browser somebody signed in with: a random mark that we gave it, kept as digest, and a few words for people."""

import hashlib
import hmac
import secrets
from ipaddress import ip_address, ip_network

from contract.settings import settings

_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def new_mark() -> str:
    """What a browser keeps in a cookie: 128 bits."""
    return secrets.token_hex(16)


def digest_of_mark(mark: str) -> str:
    """HMAC-SHA-256 under KEY_PEPPER, as hex; empty for no mark."""
    if not mark:
        return ""
    return hmac.new(settings().secret_bytes("key_pepper"), f"device:{mark}".encode(), hashlib.sha256).hexdigest()


def words_of_agent(agent: str) -> str:
    """`Firefox on Linux`; `Another program` for what is no browser that we know."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return f"{browser or 'A browser'} on {system}" if system else browser or "Another program"


def truncated(address: str) -> str:
    """The network: /24 for IPv4, /48 for IPv6. Enough to recognise, less than an address to keep."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network(f"{address}/{24 if parsed.version == 4 else 48}", strict=False))
