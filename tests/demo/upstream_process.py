"""A running sample upstream, as a client sees it."""

import http.client
import json
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_SECONDS = 20


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Upstream:
    process: subprocess.Popen[str]
    port: int
    journal: Path

    def call(
        self, method: str, path: str, body: Any = None, *, content_type: str = "application/json", **headers: str
    ) -> Answer:
        """``body``: bytes as they are, anything else as JSON. ``headers``: underscores stand for hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent["Content-Type"] = content_type
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            answer_headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, answer_headers, response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status == 200, answer.body
        return answer.json

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_SECONDS)

    def send_raw(self, *parts: bytes, half_close: bool = False) -> bytes:
        """Everything that comes back until the server closes."""
        with self.connect() as client:
            for part in parts:
                client.sendall(part)
            if half_close:
                client.shutdown(socket.SHUT_WR)
            return read_to_end(client)

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.read_text().splitlines()]


def read_to_end(client: socket.socket) -> bytes:
    received = b""
    while part := client.recv(65536):
        received += part
    return received


def read_answers(client: socket.socket, count: int) -> list[Answer]:
    """``count`` answers in the order in which they come on one connection."""
    stream = client.makefile("rb")
    answers = []
    for _ in range(count):
        status_line = stream.readline()
        assert status_line, f"closed after {len(answers)} of {count} answers"
        status = int(status_line.split()[1])
        headers = dict(_header_lines(stream))
        answers.append(Answer(status, headers, stream.read(int(headers.get("content-length", 0)))))
    stream.close()
    return answers


def _header_lines(stream: Any) -> Any:
    while (line := stream.readline().strip()) != b"":
        name, _, value = line.decode().partition(":")
        yield name.lower(), value.strip()
