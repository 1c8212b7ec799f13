"""A gateway that notes what it is asked and answers as a test tells it."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

REQUEST_ID = "01a1f929-0b44-7000-8000-000000000001"


class Asked(NamedTuple):
    """A request as it came. Header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class AnsweringGateway:
    """`asked` grows; the answer is the same until it is set anew."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.status, self.body = 200, b'{"id": 1.10}'
        self.headers = {"Content-Type": "application/json"}

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        """From now on; `_` in names for `-`."""
        self.status, self.body = status, body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def answering_gateway() -> Iterator[tuple[AnsweringGateway, str]]:
    """It, and its address."""
    told = AnsweringGateway()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.asked.append(Asked(self.command, self.path, headers, body))
            self.send_response(told.status)
            usual = {"X-Request-Id": REQUEST_ID, "Content-Length": str(len(told.body))}
            for name, value in (usual | told.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer

        def log_message(self, *_arguments: object) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield told, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
