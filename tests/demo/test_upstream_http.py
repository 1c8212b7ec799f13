"""HTTP/1.1 as the gateway will use it, and as somebody hostile would."""

import re
import socket
import time
from pathlib import Path

import pytest

from tests.demo.upstream_process import Answer, Upstream, read_answers, read_to_end

GET = b"GET /v1/practitioners/%d HTTP/1.1\r\nHost: x\r\n\r\n"
HEAD = b"HEAD /v1/patients HTTP/1.1\r\nHost: x\r\n\r\n"
PATCH = b"PATCH /v1/patients/pat_4f2k9 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = (
    PATCH
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + b'8\r\n{"phone"\r\n10\r\n: "+494066969001\r\n2;x=y\r\n"}\r\n0\r\nX-Trailer: 1\r\n\r\n'
)


def statuses(received: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d{3}) ", received)


def exchanged(upstream: Upstream, request: bytes) -> Answer:
    with upstream.connect() as client:
        client.sendall(request)
        return read_answers(client, 1)[0]


def test_it_answers_pipelined_requests_in_order(upstream: Upstream) -> None:
    with upstream.connect() as client:
        client.sendall(b"".join(GET % number for number in range(1, 25)) + CHUNKED + GET % 1)
        answers = read_answers(client, 26)
    assert [answer.json["id"] for answer in answers] == [*range(1, 25), "pat_4f2k9", 1]
    assert len(upstream.entries()) == 26


def test_it_answers_the_same_wherever_a_request_is_split(upstream: Upstream) -> None:
    with upstream.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(1, len(CHUNKED)):
            client.sendall(CHUNKED[:at])
            client.sendall(CHUNKED[at:])
            (answer,) = read_answers(client, 1)
            assert (answer.status, answer.json["phone"]) == (200, "+494066969001")


def test_it_answers_a_request_that_comes_byte_by_byte(upstream: Upstream) -> None:
    with upstream.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(CHUNKED)):
            client.sendall(CHUNKED[at : at + 1])
        assert read_answers(client, 1)[0].status == 200


def test_a_flood_of_pipelined_requests_is_answered_whole_and_in_bounded_memory(upstream: Upstream) -> None:
    request = b"GET /v1/patients?limit=100 HTTP/1.1\r\nHost: x\r\n\r\n"
    flood = 4000
    with upstream.connect() as client:
        client.sendall(request * flood)
        client.sendall(b"GET /v1/patients HTTP/1.1\r\nConnection: close\r\n\r\n")
        received, parts = 0, []
        while part := client.recv(1 << 20):
            received += part.count(b"HTTP/1.1 200 OK")
            parts.append(len(part))
    assert sum(parts) > flood * 30_000
    assert len(upstream.entries()) == flood + 1
    status = Path(f"/proc/{upstream.process.pid}/status").read_text()
    assert int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) < 80 * 1024


def test_it_keeps_the_connection_after_a_refusal_that_leaves_framing_whole(upstream: Upstream) -> None:
    bad = PATCH + b"Content-Length: 3\r\n\r\n{{{"
    with upstream.connect() as client:
        client.sendall(bad + GET % 99 + b"PUT /v1/patients HTTP/1.1\r\nHost: x\r\n\r\n" + GET % 1)
        assert [answer.status for answer in read_answers(client, 4)] == [400, 404, 405, 200]


def test_head_and_no_content_have_no_body_on_the_wire(upstream: Upstream) -> None:
    delete = b"DELETE /v1/appointments/apt_8m4xq HTTP/1.1\r\nHost: x\r\n\r\n"
    received = upstream.send_raw(HEAD + delete + b"GET /x HTTP/1.1\r\nConnection: close\r\n\r\n")
    head, no_content, not_found = received.split(b"\r\n\r\n")[:3]
    assert b"Content-Length: " in head
    assert no_content.startswith(b"HTTP/1.1 204 ")
    assert b"Content-" not in no_content
    assert not_found.startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("line", [b"Connection: close", b"Connection: Upgrade\r\nUpgrade: websocket"])
def test_it_closes_when_asked(line: bytes, upstream: Upstream) -> None:
    received = upstream.send_raw(b"GET /v1/practitioners/1 HTTP/1.1\r\nHost: x\r\n" + line + b"\r\n\r\n")
    assert statuses(received) == [b"200"]
    assert b"\r\nConnection: close\r\n" in received


def test_it_closes_after_http_1_0(upstream: Upstream) -> None:
    assert statuses(upstream.send_raw(b"GET /v1/practitioners/1 HTTP/1.0\r\n\r\n")) == [b"200"]


def test_it_answers_a_client_that_has_stopped_sending(upstream: Upstream) -> None:
    assert statuses(upstream.send_raw(GET % 1 + GET % 2, half_close=True)) == [b"200", b"200"]


def test_it_asks_for_an_expected_body(upstream: Upstream) -> None:
    with upstream.connect() as client:
        client.sendall(PATCH + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"{}")
        assert read_answers(client, 1)[0].status == 200


def test_it_refuses_an_expected_body_that_is_too_large_before_it_comes(upstream: Upstream) -> None:
    with upstream.connect() as client:
        client.sendall(PATCH + b"Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n")
        assert read_answers(client, 1)[0].status == 413


def test_it_refuses_a_chunked_body_that_grows_too_large(upstream: Upstream) -> None:
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    with upstream.connect() as client:
        client.sendall(PATCH + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 65)
        assert read_answers(client, 1)[0].status == 413
        assert read_to_end(client) == b""


MALFORMED = [
    b"NONSENSE\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /v1/patients HTTP/1.1\r\nHost : x\r\n\r\n",
    b"GET /v1/patients HTTP/1.1\nHost: x\n\n",
    b"GET /v1/patients HTTP/9.1\r\n\r\n",
    PATCH + b"Content-Length: x\r\n\r\n{}",
    PATCH + b"Content-Length: -1\r\n\r\n{}",
    PATCH + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    PATCH + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    PATCH + b"Content-Length: 99999999999999999999999\r\n\r\n",
    PATCH + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    PATCH + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
]


@pytest.mark.parametrize("request_bytes", MALFORMED)
def test_it_refuses_what_cannot_be_read_once_and_closes(request_bytes: bytes, upstream: Upstream) -> None:
    received = upstream.send_raw(GET % 1 + request_bytes + GET % 2, half_close=True)
    assert statuses(received) == [b"200", b"400"]
    assert [entry["status"] for entry in upstream.entries()] == [200, 400]
    assert upstream.entries()[1]["method"] in (None, "PATCH")


@pytest.mark.parametrize(
    "endless",
    [
        b"GET /" + b"a" * 300_000,
        b"GET / HTTP/1.1\r\nX: " + b"a" * 300_000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 60_000,
        b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    ],
    ids=["target", "header", "headers", "whole"],
)
def test_it_refuses_a_head_without_end(endless: bytes, upstream: Upstream) -> None:
    with upstream.connect() as client:
        client.sendall(endless)
        client.shutdown(socket.SHUT_WR)
        assert statuses(read_to_end(client)) == [b"431"]


def test_a_client_that_leaves_in_mid_request_hurts_nobody(upstream: Upstream) -> None:
    for request in (PATCH, PATCH + b"Content-Length: 9\r\n\r\n{", GET % 1):
        with upstream.connect() as client:
            client.sendall(request)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    assert exchanged(upstream, GET % 2).json["id"] == 2


def ended(upstream: Upstream) -> int:
    return upstream.process.wait(timeout=20)


def test_sigterm_closes_idle_connections_and_ends(upstream: Upstream) -> None:
    with upstream.connect() as idle:
        idle.sendall(GET % 1)
        read_answers(idle, 1)
        upstream.process.terminate()
        assert read_to_end(idle) == b""
    assert ended(upstream) == 0


def test_sigterm_lets_the_request_under_way_finish(upstream: Upstream) -> None:
    with upstream.connect() as client:
        client.sendall(PATCH + b"Content-Length: 2\r\n\r\n{")
        exchanged(upstream, GET % 1)
        upstream.process.terminate()
        wait_until_refusing(upstream)
        client.sendall(b"}")
        received = read_to_end(client)
    assert statuses(received) == [b"200"]
    assert b"\r\nConnection: close\r\n" in received
    assert ended(upstream) == 0
    assert [entry["status"] for entry in upstream.entries()] == [200, 200]


def wait_until_refusing(upstream: Upstream) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            upstream.connect().close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            continue
    raise AssertionError("It still listens.")
