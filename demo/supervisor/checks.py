"""What must hold before anything is started. Each check raises Refusal with the one line that the operator reads."""

import socket
from collections.abc import Iterable
from pathlib import Path

from contract.settings import Settings
from demo.supervisor.refusal import Refusal

_SQLITE_MAGIC = b"SQLite format 3\0"


def check_ports(settings: Settings) -> None:
    """Every port is free and none is named twice."""
    ports = {"PORTAL_PORT": settings.portal_port, "GATEWAY_PORT": settings.gateway_port}
    ports["UPSTREAM_PORT"] = settings.upstream_port
    for name, port in ports.items():
        _check_named_once(name, port, ports)
        _check_free(name, port)


def _check_named_once(name: str, port: int, ports: dict[str, int]) -> None:
    for other, taken in ports.items():
        if other != name and taken == port:
            raise Refusal(f"{name} and {other} are both {port}; give each its own port")


def _check_free(name: str, port: int) -> None:
    for family, address in _loopbacks():
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
                probe.listen(1)
            except OSError as error:
                raise Refusal(f"Port {port} ({name}) is not free: {error.strerror}; set {name} to another") from error


def _loopbacks() -> Iterable[tuple[socket.AddressFamily, str]]:
    """`localhost` may mean either family to a client, so a stranger on either would answer in our place."""
    yield socket.AF_INET, "127.0.0.1"
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return
    yield socket.AF_INET6, "::1"


def check_database_file(path: Path) -> None:
    """The embedded database's file is missing, empty or SQLite's."""
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            start = file.read(len(_SQLITE_MAGIC))
    except OSError as error:
        raise Refusal(f"Database {path} cannot be read: {error.strerror}") from error
    if start and start != _SQLITE_MAGIC:
        raise Refusal(f"Database {path} is not a SQLite file; move it away or start over with `make reset`")
