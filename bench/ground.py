"""What a run stands on: upstream, Valkey, load generator, our gateway, the peers. All of it ends with the `with`."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bench import peers, programs
from bench.figures import Paced, Round
from bench.processes import Server, confine, cores, cpu_seconds, free_port
from bench.scene import PEPPER, Scene
from bench.tokens import GATEWAY, PORTAL
from contract.settings import SECRET_NAMES
from tests.gateway.valkey_process import ValkeyProcess

#: As many as keep the measured server's core busy: with 32, one of ours waited a fifth of the time for what shares the
#: other core, and did little with each waking.
CONNECTIONS = 128


class Row(NamedTuple):
    """A line of the table: who serves; a file of requests, `count` of them different; over how many connections.

    Each connection is a client of its own with one of the requests, unless they are sent `in_turn`.
    """

    name: str
    server: Server
    requests: str
    count: int = 1
    connections: int = CONNECTIONS
    is_ours: bool = False
    in_turn: bool = False


class Ground(contextlib.ExitStack):
    """Enter it, then start servers and measure them. The measured server has a core of its own where there are two."""

    def __enter__(self) -> "Ground":
        super().__enter__()
        self.served, self.others = cores()
        self.folder = Path(self.enter_context(tempfile.TemporaryDirectory(prefix="pcbench")))
        self.upstream_port = free_port()
        self.upstream = self._start(
            [sys.executable, "-m", "bench.upstream", str(self.upstream_port)], self.upstream_port, self.others
        )
        self._valkey = ValkeyProcess(durable="everysec")
        self.callback(self._valkey.close)
        os.sched_setaffinity(self._valkey.process.pid, self.others)
        self.scene = Scene(self._valkey.client, self.upstream_port, self.folder)
        self._generator = self._start_generator()
        return self

    def _start(self, command: list[str], port: int, on: set[int], environment: dict[str, str] | None = None) -> Server:
        server = Server(command, port, on=on, environment=environment)
        self.callback(server.stop)
        return server

    def _start_generator(self) -> "subprocess.Popen[str]":
        generator = subprocess.Popen(
            [sys.executable, "-m", "bench.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: confine(self.others),
        )
        self.callback(generator.wait)
        self.callback(generator.kill)
        return generator

    # Servers to measure.

    def gateway(self, module: str = "gateway", **settings: str) -> Server:
        """Our gateway with one worker, as machine code where that could be made."""
        port = free_port()
        environment = {
            **os.environ,
            **{name.upper(): "s" * 40 for name in SECRET_NAMES},
            "KEY_PEPPER": PEPPER,
            "REDIS_URL": self._valkey.url,
            "GATEWAY_PORT": str(port),
            "GATEWAY_URL": GATEWAY,
            "PORTAL_URL": PORTAL,
            "METRICS_PORT": "0",
            "REQUIRE_TLS": "false",
            "LOG_LEVEL": "ERROR",
            "GATEWAY_COMPILED": "true",
            "VAR_DIR": str(self.folder),
            **settings,
        }
        return self._start([sys.executable, "-m", module, "--workers", "1"], port, self.served, environment)

    def nginx(self, program: Path) -> Server:
        """nginx as a bare proxy."""
        return self._peer(peers.nginx(program, self.folder, port := free_port(), self.upstream_port), port)

    def haproxy(self, program: Path) -> Server:
        """HAProxy as a bare proxy."""
        return self._peer(peers.haproxy(program, self.folder, port := free_port(), self.upstream_port), port)

    def envoy(self, program: Path, keys: list[str]) -> Server:
        """Envoy with a key check, a limit and a log."""
        return self._peer(peers.envoy(program, self.folder, port := free_port(), self.upstream_port, keys), port)

    def _peer(self, command: list[str], port: int) -> Server:
        return self._start(command, port, self.served, programs.environment())

    @contextlib.contextmanager
    def dripping(self, server: Server, count: int) -> Iterator[None]:
        """So many clients that never finish their requests are connected to a server."""
        command = [sys.executable, "-m", "bench.dripping", str(server.port), str(count)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, start_new_session=True, preexec_fn=lambda: confine(self.others)
        )
        try:
            assert process.stdout is not None
            if process.stdout.readline() != b"ready\n":
                raise RuntimeError("the slow clients were not let in")
            yield
            if process.poll() is not None:
                raise RuntimeError("the slow clients have left")
        finally:
            process.kill()
            process.communicate()

    # Measuring.

    def press(self, row: Row, seconds: float) -> Round:
        """Full load: each connection calls again at once. Raises RuntimeError where a call fails."""
        before = row.server.cpu_seconds(), self._valkey_seconds()
        result = self._order(row, seconds, 0)
        used = row.server.cpu_seconds() - before[0]
        valkey = self._valkey_seconds() - before[1] if row.is_ours else 0.0
        return Round(result["calls"], result["seconds"], used, valkey)

    def pace(self, row: Row, seconds: float, calls_per_second: float) -> Paced:
        """A fixed rate. Raises RuntimeError where a call fails."""
        result = self._order(row, seconds, calls_per_second)
        return Paced(result["p50_ms"], result["p99_ms"])

    def _order(self, row: Row, seconds: float, rate: float) -> dict[str, Any]:
        order = {"port": row.server.port, "connections": row.connections, "seconds": seconds, "rate": rate}
        assert self._generator.stdin is not None
        assert self._generator.stdout is not None
        self._generator.stdin.write(json.dumps({**order, "requests": row.requests, "in_turn": row.in_turn}) + "\n")
        self._generator.stdin.flush()
        result: dict[str, Any] = json.loads(self._generator.stdout.readline())
        rows = self.scene.drain()
        if result["failed"] or not result["calls"]:
            raise RuntimeError(f"{row.name}: {result['failed']} of {result['calls']} calls failed")
        if row.is_ours and not rows:
            raise RuntimeError(f"{row.name}: calls left no row in the call log")
        return result

    def _valkey_seconds(self) -> float:
        return cpu_seconds(self._valkey.process.pid)
