"""The addresses that settings may hold. Each check raises ValueError with the end of a sentence: `… must be …`."""

from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, parse_qs, urlsplit, urlunsplit

MOST_DATABASES = 16
"""As Valkey is delivered."""
_OWN_PORTS = {"http": 80, "https": 443}


def check_valkey_url(url: str) -> str:
    """redis://, rediss:// (TLS) with the database as path, or unix:// with it as `?db=`; empty is the embedded one."""
    if url:
        parts = _split(url)
        is_socket = parts.scheme == "unix"
        if parts.scheme not in ("redis", "rediss", "unix") or not (parts.path if is_socket else parts.hostname):
            raise ValueError("must be redis://host:port/0, rediss://host:port/0 or unix:///path?db=0")
        if parts.fragment or (parts.query and not (is_socket and parse_qs(parts.query).keys() == {"db"})):
            raise ValueError("takes no options; the database is the path, or ?db= after unix://")
        valkey_database(url)
    return url


def valkey_database(url: str) -> int:
    """The number of the database. Raises ValueError."""
    parts = _split(url)
    text = parse_qs(parts.query).get("db", ["0"])[-1] if parts.scheme == "unix" else parts.path.strip("/") or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 3 and int(text) < MOST_DATABASES):
        raise ValueError(f"must name a database from 0 to {MOST_DATABASES - 1}")
    return int(text)


def with_database(url: str, number: int) -> str:
    """The same server, another database."""
    parts = _split(url)
    if parts.scheme == "unix":
        return f"unix://{parts.netloc}{parts.path}?db={number}"
    return urlunsplit(parts._replace(path=f"/{number}"))


def check_database_url(url: str) -> str:
    """postgresql://user@host/name, or sqlite:///path; empty is the embedded SQLite."""
    if url:
        parts = _split(url)
        is_postgres = parts.scheme in ("postgresql", "postgres")
        if not (is_postgres or (parts.scheme == "sqlite" and not parts.netloc)) or len(parts.path) < 2:
            raise ValueError("must be postgresql://user:password@host:port/name or sqlite:////absolute/path")
        if parts.query or parts.fragment:
            raise ValueError("takes no options")
    return url


def check_public_url(url: str) -> str:
    """http(s)://host, perhaps with a port; empty is localhost. Answers it as browsers write it: the host in small
    letters, without the scheme's own port."""
    if url:
        parts = _split(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError("must be an address such as https://api.example.com")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("must end with the host or port: pages stand at the root")
        url = f"{parts.scheme}://{_authority(parts)}"
    return url


def _authority(parts: SplitResult) -> str:
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return host if parts.port in (None, _OWN_PORTS[parts.scheme]) else f"{host}:{parts.port}"


LONGEST_ISSUER = 200


def check_issuer(url: str) -> str:
    """An OpenID provider's name for itself (OpenID Connect Discovery 1.0, section 3), to the character; plain http on
    this machine alone."""
    if url:
        parts = _split(url)
        if not is_own_or_secured(parts):
            raise ValueError(
                "must be an https address such as https://accounts.example.com (http on this machine alone)"
            )
        if parts.username is not None or parts.query or parts.fragment or len(url) > LONGEST_ISSUER:
            raise ValueError(f"must be an address of {LONGEST_ISSUER} characters at most, without credentials or query")
    return url


def is_own_or_secured(parts: SplitResult) -> bool:
    """Whether what is sent there can be read on the way by nobody: https, or this machine."""
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    )


def check_mail_url(url: str) -> str:
    """console://, or smtp://user:password@host:port."""
    parts = _split(url)
    if parts.scheme != "console" and not (parts.scheme == "smtp" and parts.hostname):
        raise ValueError("must be console:// or smtp://user:password@host:port")
    return url


def check_networks(networks: list[str]) -> list[str]:
    """Each an address or a network in CIDR notation (RFC 4632)."""
    for text in networks:
        try:
            ip_network(text)
        except ValueError:
            raise ValueError(f"holds {text!r}, which is no network such as 10.0.0.0/8") from None
    return networks


def is_loopback(host: str) -> bool:
    """Whether an address or `localhost` stands for this machine alone."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult:
    """Raises ValueError also for a port that is none; never repeats the address, which may hold a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("has a host or port that cannot be read") from None
    if port == 0:
        raise ValueError("has the port 0")
    return parts
