"""Samples run as they stand: what they send is what the document says, whatever stands in it."""

import ast
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from portal.reference.samples import SampleCall, sample_call, samples_of

BODIES = [
    '{\n  "name": "it\'s"\n}',
    '{"name": "$(touch /tmp/no) `id` \\"quoted\\" \\\\ back"}',
    '{"name": "```\\u0000\\u2028 ü 💣"}',
    '{"name": "\\"\\"\\" </span><script>"}',
]


class Recorder(BaseHTTPRequestHandler):
    """Keeps what arrives."""

    seen: list[tuple[str, str, str, bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, self.headers["Authorization"], self.headers["Content-Type"], body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    Recorder.seen.clear()
    listening = HTTPServer(("127.0.0.1", 0), Recorder)
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()


def text_of(code: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", code))


def sample(call: SampleCall, language: str) -> str:
    return text_of(next(row.code for row in samples_of(call) if row.language == language))


@pytest.mark.parametrize("body", BODIES)
def test_the_curl_sends_exactly_the_example(server, body):
    call = SampleCall("POST", f"{server}/v1/a%20b?x=1&y='2", body, "application/json; x=$(id)")
    subprocess.run(
        ["bash", "-c", sample(call, "curl")], env={"PC_KEY": "pc_test_x", "PATH": "/usr/bin:/bin"}, check=True
    )
    assert Recorder.seen == [("/v1/a%20b?x=1&y='2", "Bearer pc_test_x", "application/json; x=$(id)", body.encode())]


@pytest.mark.parametrize("body", BODIES)
def test_the_python_holds_exactly_the_example(body):
    tree = ast.parse(sample(SampleCall("POST", "http://h/p", body, "application/json"), "python"))
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert {body, "http://h/p", "POST", "application/json"} <= strings


@pytest.mark.parametrize("body", BODIES)
def test_the_go_holds_exactly_the_example(body):
    code = sample(SampleCall("POST", "http://h/p", body, "application/json"), "go")
    literal = re.search(r"strings\.NewReader\((.*?)\)\)\nrequest\.Header", code, re.S)[1]
    assert (literal[1:-1] if literal.startswith("`") else json.loads(literal)) == body


@pytest.mark.parametrize("body", BODIES)
def test_marked_up_code_holds_no_markup_of_the_document(body):
    for row in samples_of(SampleCall("POST", "http://h/<b>", body, "application/<b>json")):
        assert set(re.findall(r"<[^>]+>", row.code)) <= {'<span class="s">', '<span class="k">', "</span>"}


def document(**operation: object) -> dict[str, object]:
    return {"paths": {"/books/{book_id}": {"get": operation}}}


def test_path_values_are_percent_encoded_and_required_queries_are_filled_in():
    parameters = [
        {"name": "book_id", "in": "path", "required": True, "example": "a/b?c"},
        {"name": "lang", "in": "query", "required": True, "schema": {"enum": ["d&e"]}},
        {"name": "page", "in": "query", "schema": {"type": "integer"}},
    ]
    call = sample_call(document(parameters=parameters), "GET", "/books/{book_id}", "http://h/library/v1")
    assert call == SampleCall("GET", "http://h/library/v1/books/a%2Fb%3Fc?lang=d%26e")


def test_a_path_value_that_nobody_describes_stays_a_place_to_fill():
    assert sample_call(document(), "GET", "/books/{book_id}", "http://h").url == "http://h/books/{book_id}"
