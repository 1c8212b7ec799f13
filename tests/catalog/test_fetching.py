"""Fetching a document from an address: nothing inside our own network is ever asked."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from catalog.fetching import fetch
from catalog.outgoing import is_public
from tests.gateway.test_tls import write_certificate

#: Private, local, link-local, shared, documentation, multicast, and each written inside IPv6 or as one number.
REFUSED = (
    *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
    *("255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1"),
    *("::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::a9fe:a9fe", "2001:0:4136:e378:8000:63bf:f5ff:fffe", "::127.0.0.1"),
)


@pytest.mark.parametrize("address", REFUSED)
def test_it_rejects_an_address_that_is_not_of_the_internet(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_an_address_of_the_internet_is_asked(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_it_rejects_every_way_to_write_this_machine(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", as_the_system_reads_it)
    with serving(b"HTTP/1.1 200 OK\r\n\r\nsecret") as (port, asked), pytest.raises(ValidationError) as caught:
        fetch(f"http://{host}:{port}/")
    assert "not on the public internet" in str(caught.value)
    assert asked == []


def as_the_system_reads_it(host: str, port: int, **_: Any) -> list[Any]:
    """Numbers and short forms are IPv4 addresses (inet_aton); nothing is asked of the network for them."""
    address = host if ":" in host else socket.inet_ntoa(socket.inet_aton("127.0.0.1" if host == "localhost" else host))
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


@pytest.mark.parametrize(
    "url", ["", "ftp://a/", "file:///etc/passwd", "http://", "http://u:p@a/", "http://a b/", "http://a:0/", "//a"]
)
def test_it_rejects_what_is_no_address(url: str) -> None:
    with pytest.raises(ValidationError):
        fetch(url)


def test_one_private_address_among_a_names_addresses_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 80)) for each in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(ValidationError, match="not on the public internet"):
        fetch("http://both.example/")


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that resolves to something else the second time is not asked a second time."""
    with serving(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nopenapi: 3.1.0") as (port, asked):
        answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]])
        monkeypatch.setattr("catalog.outgoing.socket.getaddrinfo", _once(answers, socket.getaddrinfo))
        assert fetch(f"http://document.example:{port}/a?b=c", allows=lambda _: True) == b"openapi: 3.1.0"
    assert asked[0].startswith(b"GET /a?b=c HTTP/1.1\r\nHost: document.example")


def _once(answers: Iterator[Any], real: Any) -> Any:
    return lambda host, *rest, **named: next(answers) if host == "document.example" else real(host, *rest, **named)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n", "another address"),
        (b"HTTP/1.1 404 Not Found\r\n\r\nsecret", "answers 404"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nsecret", "compressed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nsecret", "before its end"),
        (b"secret", "cannot be fetched"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (16 * 1024 * 1024 + 1), "larger than 16 MiB"),
    ],
    ids=("redirect", "not found", "compressed", "cut off", "no HTTP", "too large"),
)
def test_it_rejects_an_answer_that_is_no_document_without_telling_what_it_was(answer: bytes, says: str) -> None:
    with serving(answer) as (port, _), pytest.raises(ValidationError) as caught:
        fetch(f"http://127.0.0.1:{port}/", allows=lambda _: True)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_answer_that_never_ends_is_left_when_the_time_is_over() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nX-Drip: ", stays=True) as (port, _), pytest.raises(ValidationError):
        fetch(f"http://127.0.0.1:{port}/", allows=lambda _: True, longest_seconds=0.3)


@contextmanager
def serving(answer: bytes, *, stays: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """A server for one connection: its port, and what it was asked."""
    asked: list[bytes] = []
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_serve, args=(server, answer, asked, over if stays else None), daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1], asked
        finally:
            over.set()
            server.shutdown(socket.SHUT_RDWR)
    thread.join(30)


def _serve(server: socket.socket, answer: bytes, asked: list[bytes], over: threading.Event | None) -> None:
    try:
        connection, _ = server.accept()
        with connection:
            asked.append(connection.recv(65536))
            connection.sendall(answer)
            if over is not None:
                over.wait(30)
    except OSError:
        return


def test_the_time_is_bounded_under_tls_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_certificate(tmp_path / "server.pem")
    trusting = ssl.create_default_context(cafile=str(tmp_path / "server.pem"))
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        dripping = threading.Thread(target=drip, args=(listener, context), daemon=True)
        dripping.start()
        with pytest.raises(ValidationError) as caught:
            fetch(f"https://127.0.0.1:{listener.getsockname()[1]}/", allows=lambda _: True, longest_seconds=1)
        dripping.join(30)
    assert not dripping.is_alive(), "the connection goes on"
    assert "fetched" in str(caught.value) or "longer than" in str(caught.value)


def drip(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Send a byte now and then for as long as anybody reads, two minutes at most."""
    plain, _ = listener.accept()
    with context.wrap_socket(plain, server_side=True) as connection, contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1200):
            connection.sendall(b"x")
            time.sleep(0.1)
