"""The journal holds every request received, before its reply, and no credential."""

import re
import resource
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.demo.upstream_process import Upstream, read_answers, read_to_end

CANARY = "pc_live_canary0000000000000000000000000000"


def test_an_entry_says_when_what_who_and_how_it_ended(upstream: Upstream) -> None:
    upstream.call("GET", "/v2/patients?limit=2&email=a%40b.example", x_request_id="01a1-b7e2", x_consumer_id="app_3kQ9")
    upstream.call("HEAD", "/v1/nowhere")
    first, second = upstream.entries()
    assert list(first) == ["at", "method", "path", "request_id", "consumer", "status"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("at"))
    assert first == {
        "method": "GET",
        "path": "/v2/patients?limit=2&email=a%40b.example",
        "request_id": "01a1-b7e2",
        "consumer": "app_3kQ9",
        "status": 200,
    }
    assert (second["method"], second["request_id"], second["consumer"], second["status"]) == ("HEAD", None, None, 404)


def test_it_is_complete_under_fifty_concurrent_clients(upstream: Upstream) -> None:
    clients, calls = 50, 40

    def client(number: int) -> list[str]:
        ids = [f"{number}-{call}" for call in range(calls)]
        with upstream.connect() as connection:
            for request_id in ids:
                path = f"/v1/practitioners/{1 + number % 30}"
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: {request_id}\r\n\r\n".encode())
                (answer,) = read_answers(connection, 1)
                seen = (f"{request_id} {answer.status}", upstream.journal.read_text())
                assert f'"request_id":"{request_id}"' in seen[1], "answered before it was journalled"
        return ids

    with ThreadPoolExecutor(clients) as pool:
        sent = [request_id for ids in pool.map(client, range(clients)) for request_id in ids]
    assert Counter(entry["request_id"] for entry in upstream.entries()) == Counter(sent)
    assert Counter(entry["status"] for entry in upstream.entries())[404] == 6 * calls


def test_it_survives_the_process_being_killed(upstream: Upstream) -> None:
    with upstream.connect() as client:
        client.sendall(b"GET /v1/patients HTTP/1.1\r\nHost: x\r\nX-Request-Id: r%d\r\n\r\n" % 1)
        read_answers(client, 1)
        upstream.process.kill()
        upstream.process.wait()
    assert [entry["request_id"] for entry in upstream.entries()] == ["r1"]


def test_it_holds_no_credential(upstream: Upstream) -> None:
    upstream.call("GET", "/v1/patients", authorization=f"Bearer {CANARY}", x_api_key=CANARY, cookie=CANARY)
    upstream.call("GET", f"/v1/patients?api_key={CANARY}&limit=1&Access_Token=secret-canary&key=secret-canary")
    upstream.call("GET", f"/v1/patients/{CANARY}", x_request_id=CANARY, x_consumer_id=CANARY)
    upstream.call("POST", f"/{CANARY}/patients", {"notes": CANARY}, x_request_id=f"token={CANARY}")
    text = upstream.journal.read_text()
    assert text.count("\n") == 4
    assert "canary" not in text
    assert "limit=1" in text


def test_a_later_start_appends(start_upstream: Callable[..., Upstream]) -> None:
    first = start_upstream()
    first.call("GET", "/v1/patients", x_request_id="one")
    first.process.terminate()
    first.process.wait()
    second = start_upstream(first.journal)
    second.call("GET", "/v1/patients", x_request_id="two")
    assert [entry["request_id"] for entry in second.entries()] == ["one", "two"]


def test_a_line_torn_by_a_crash_is_dropped_at_the_next_start(
    tmp_path: Path, start_upstream: Callable[..., Upstream]
) -> None:
    journal = tmp_path / "torn.ndjson"
    journal.write_text('{"at":"2026-11-22T00:00:00.000Z","request_id":"whole"}\n{"at":"2026-11-22T00:00')
    upstream = start_upstream(journal)
    upstream.call("GET", "/v1/patients", x_request_id="next")
    assert [entry["request_id"] for entry in upstream.entries()] == ["whole", "next"]


def test_nothing_is_answered_that_cannot_be_journalled(upstream: Upstream) -> None:
    upstream.call("GET", "/v1/patients", x_request_id="before")
    size_bytes = upstream.journal.stat().st_size
    with most_bytes_in_a_file(upstream, size_bytes + 10), upstream.connect() as client:
        client.sendall(b"GET /v1/patients HTTP/1.1\r\nHost: x\r\n\r\n")
        with suppress(ConnectionResetError):
            assert read_to_end(client) == b""
    assert upstream.journal.stat().st_size == size_bytes
    upstream.call("GET", "/v1/patients", x_request_id="after")
    assert [entry["request_id"] for entry in upstream.entries()] == ["before", "after"]


@contextmanager
def most_bytes_in_a_file(upstream: Upstream, size_bytes: int) -> Iterator[None]:
    """As on a full disk: writes beyond the size fail, after a part of them was written."""
    unlimited = resource.prlimit(upstream.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(upstream.process.pid, resource.RLIMIT_FSIZE, (size_bytes, unlimited[1]))
    yield
    resource.prlimit(upstream.process.pid, resource.RLIMIT_FSIZE, unlimited)


def failed_start(*options: str) -> str:
    command = [sys.executable, "-m", "demo.upstream", *options]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert ended.returncode != 0
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_it_does_not_start_on_a_file_that_is_no_journal(tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear Ines,\nyours")
    assert failed_start("--port", "0", "--journal", str(other)).count("\n") == 1
    assert other.read_text() == "Dear Ines,\nyours"


def test_it_does_not_start_without_its_journal_or_port(tmp_path: Path) -> None:
    assert failed_start("--port", "0", "--journal", str(tmp_path / "no" / "journal")).count("\n") == 1
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert failed_start("--port", port, "--journal", str(tmp_path / "journal")).count("\n") == 1


@pytest.mark.parametrize("port", ["x", "65536", "-1", "", "1e3", "8" * 5000])
def test_it_refuses_a_port_that_is_none(port: str, tmp_path: Path) -> None:
    assert "must be a number from 0 to 65535" in failed_start(f"--port={port}", "--journal", str(tmp_path / "j"))
