"""One child process: a session of its own, tied to our life, its output in a log file, ended with its group."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
_FIRST_DELAY_SECONDS, _LONGEST_DELAY_SECONDS = 0.5, 30.0
_STEADY_AFTER_SECONDS = 30.0


@dataclass(frozen=True)
class Program:
    """What to run, and how to see that it works. `stop_seconds` is how long it may take to end when asked."""

    name: str
    command: tuple[str, ...]
    is_healthy: Callable[[], bool]
    stop_seconds: float = 10.0


class Child:
    """A program's process, and its next one where it dies."""

    def __init__(self, program: Program, environment: Mapping[str, str], log: Path) -> None:
        self.program = program
        self.log = log
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._quick_ends = 0
        self._start_at: float | None = None

    @property
    def pid(self) -> int | None:
        """Its process number; None while it is down."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Raises OSError where the program cannot be started."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.program.command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self._started, self._start_at = time.monotonic(), None

    def tend(self) -> str | None:
        """Notice its end, start it again when its pause is over; answers a line worth telling."""
        if self._process and self.has_ended():
            return f"{self.program.name} {_how(self.sweep())}; starting it again in {self._plan_restart():g} s"
        if self._process is None and self._start_at is not None and time.monotonic() >= self._start_at:
            self.start()
            return f"{self.program.name} started again (process {self.pid})"
        return None

    def sweep(self) -> int:
        """Kill what is left of its group, then let the number go; answers the exit status, -N for signal N."""
        assert self._process
        self.send(signal.SIGKILL)
        status = self._process.wait()
        self._process = None
        return status

    def send(self, number: int) -> None:
        """Signal its whole group. Its number cannot have passed on: we have not taken note of its end yet."""
        if self._process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def stop(self) -> None:
        """Ask it to end, wait, and kill what does not go."""
        if not self._process:
            return
        os.kill(self._process.pid, signal.SIGTERM)
        deadline = time.monotonic() + self.program.stop_seconds
        while not self.has_ended() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.sweep()

    def last_words(self) -> str:
        """The last line of its log that says something."""
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines()]
        return next((line for line in reversed(lines) if line), "it said nothing")

    def has_ended(self) -> bool:
        """Whether it has ended; its number stays taken until `sweep`."""
        assert self._process
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _plan_restart(self) -> float:
        """Pause longer after each end that came soon, so that a broken program does not eat the machine."""
        self._quick_ends = 0 if time.monotonic() - self._started > _STEADY_AFTER_SECONDS else self._quick_ends + 1
        doublings = min(max(self._quick_ends - 1, 0), 10)
        pause = min(_FIRST_DELAY_SECONDS * (1 << doublings), _LONGEST_DELAY_SECONDS)
        self._start_at = time.monotonic() + pause
        return pause


def die_with_parent() -> None:
    """Have the kernel end this process when its parent is killed (Linux; elsewhere the next start does)."""
    if _LIBC:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def rotate(log: Path) -> None:
    """Keep the run before this one beside it."""
    if log.exists():
        log.replace(log.with_suffix(".log.1"))


def _how(status: int) -> str:
    return f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
