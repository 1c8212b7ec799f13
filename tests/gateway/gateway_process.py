"""The real gateway as a process of its own, and a small client that reads answers byte by byte."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.gateway.publishing import PEPPER

ROOT = Path(__file__).parents[2]


class GatewayProcess:
    """`python -m gateway` on a free port; its log stands in `log_path`."""

    def __init__(self, redis_url: str, *, workers: int = 1, **settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        secrets = dict.fromkeys(("SECRET_KEY", "MASK_HASH_KEY", "IDENTITY_KEY", "STORAGE_KEY", "AUDIT_KEY"), "s" * 40)
        self._environment = {
            **os.environ,
            **secrets,
            "KEY_PEPPER": PEPPER,
            "REDIS_URL": redis_url,
            "GATEWAY_PORT": str(self.port),
            "METRICS_PORT": "0",
            "VAR_DIR": tempfile.gettempdir() + "/none",
            **settings,
        }
        self._workers = workers
        self.log_path = Path(tempfile.mkstemp(prefix="pcg", suffix=".log")[1])
        self.start()

    def start(self) -> None:
        self._log_begins = self.log_path.stat().st_size
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(self.command(), cwd=ROOT, env=self._environment, stderr=log, stdout=log)

    def command(self) -> list[str]:
        """What to run."""
        return [sys.executable, "-m", "gateway", "--workers", str(self._workers)]

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def worker_pids(self) -> list[int]:
        """The children of the parent process."""
        return [
            int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def terminate(self, seconds: float = 30) -> int:
        self.process.terminate()
        return self.process.wait(seconds)

    def close(self) -> None:
        if self.process.poll() is None:
            self.terminate()
        self.log_path.unlink(missing_ok=True)

    async def wait_ready(self, seconds: float = 60) -> None:
        """Wait until every worker serves and can admit."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                if self._all_serve() and await self._is_ready():
                    return
            await asyncio.sleep(0.02)
        raise AssertionError(f"the gateway did not get ready:\n{self.log}")

    def _all_serve(self) -> bool:
        """One worker can be asked itself; of several, one that gets no time to run would not take the question."""
        return self._workers == 1 or self.log[self._log_begins :].count('"event":"serving"') >= self._workers

    async def _is_ready(self) -> bool:
        """Asked on several connections, which go to any of the workers."""
        answers = [await self.get("/readyz") for _ in range(4 * self._workers)]
        return all(answer.status == 200 for answer in answers)

    async def get(self, path: str, key: str = "", *lines: str, method: str = "GET", body: bytes = b"") -> "Answer":
        """One request on a connection of its own."""
        async with Client(self.port) as client:
            return await client.ask(path, key, *lines, method=method, body=body)


class Answer:
    """A whole answer."""

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def header(self, name: str) -> str | None:
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)

    def __repr__(self) -> str:
        return f"Answer({self.status}, {self.headers}, {self.body!r})"


class Client:
    """One connection to the gateway; `address` is our end of it where that matters."""

    def __init__(self, port: int, address: str = "") -> None:
        self._port = port
        self._local = (address, 0) if address else None

    async def __aenter__(self) -> "Client":
        """Raises OSError, also where a port on which nobody listens yet was connected to itself."""
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self._port, limit=1 << 22, local_addr=self._local
        )
        if self.writer.get_extra_info("sockname") == self.writer.get_extra_info("peername"):
            self.writer.transport.abort()
            raise ConnectionRefusedError
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    async def ask(self, path: str, key: str = "", *lines: str, method: str = "GET", body: bytes = b"") -> Answer:
        """Send one request and read its answer."""
        head = [f"{method} {path} HTTP/1.1", "Host: gateway", *lines]
        if key:
            head.append(f"Authorization: Bearer {key}")
        if body:
            head.append(f"Content-Length: {len(body)}")
        self.writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        return await self.read(bodyless=method == "HEAD")

    async def read(self, *, bodyless: bool = False) -> Answer:
        """Read one answer. Raises asyncio.IncompleteReadError where it is cut short."""
        head = (await self.reader.readuntil(b"\r\n\r\n"))[:-4].decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = [tuple(line.split(": ", 1)) for line in lines]
        answer = Answer(int(first.split(" ")[1]), headers, b"")
        if not bodyless and answer.status not in (204, 304):
            answer.body = await self._body(answer)
        return answer

    async def _body(self, answer: Answer) -> bytes:
        if answer.header("Content-Length") is not None:
            return await self.reader.readexactly(int(answer.header("Content-Length")))
        assert answer.header("Transfer-Encoding") == "chunked"
        body = b""
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            body += (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readexactly(2)
        return body
