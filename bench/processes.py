"""Start the processes of a run, each on its core, and read what they cost from the kernel's own accounting."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_START_SECONDS = 30
_PR_SET_PDEATHSIG = 1


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cores() -> tuple[set[int], set[int]]:
    """One core for the server that is measured, the others for everything else; the same where there is only one."""
    every = sorted(os.sched_getaffinity(0))
    return {every[0]}, set(every[1:]) or {every[0]}


def confine(on: set[int]) -> None:
    """In a child before it runs: stay on these cores, and end when the run ends, however it ends."""
    os.sched_setaffinity(0, on)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """A process that listens on `port`, with its children. Raises RuntimeError where it does not start."""

    def __init__(
        self, command: list[str], port: int, *, on: set[int], environment: dict[str, str] | None = None
    ) -> None:
        self.port = port
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (held as long as the process)
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            start_new_session=True,
            preexec_fn=lambda: confine(on),
        )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        self.stop()
        self._errors.seek(0)
        raise RuntimeError(f"did not start: {self._errors.read()[-2000:].decode(errors='replace')}")

    def cpu_seconds(self) -> float:
        """CPU time so far, of the process and its children."""
        return cpu_seconds(self.process.pid)

    def memory_bytes(self) -> int:
        """Resident memory now, of the process and its children."""
        return sum(_resident(pid) for pid in family(self.process.pid))

    def stop(self) -> None:
        """Stop it and its children."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return [pid, *(member for child in children for member in family(child))]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its descendants: fields 14 and 15 of /proc/<pid>/stat, all threads."""
    ticks = 0
    for member in family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS_PER_SECOND


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
