"""No way out: tests reach this machine and nothing else."""

import ipaddress
import socket
from typing import Any

import pytest


class OutsideWorld(AssertionError):
    """A test tried to reach another machine."""


def refuse_the_outside_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sockets of this process connect to the loopback and to files, and names resolve where they are addresses."""
    connect, connect_ex, resolve = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def checked_connect(self: socket.socket, address: Any) -> None:
        check_address(self.family, address)
        connect(self, address)

    def checked_connect_ex(self: socket.socket, address: Any) -> int:
        check_address(self.family, address)
        return connect_ex(self, address)

    def checked_resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        check_name(host)
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket.socket, "connect", checked_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", checked_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", checked_resolve)


def check_address(family: int, address: Any) -> None:
    """Raises OutsideWorld for an address that is not on this machine."""
    if family in (socket.AF_INET, socket.AF_INET6):
        check_name(address[0])


def check_name(host: Any) -> None:
    """Raises OutsideWorld for a name to look up or an address elsewhere."""
    text = host.decode() if isinstance(host, bytes) else host
    if text not in (None, "", "localhost") and not _is_loopback(text):
        raise OutsideWorld(f"{text} is not this machine")


def _is_loopback(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
