"""The parent process: owns the listening socket, so that no restart of a worker refuses a connection.

Workers inherit the socket by fork. A worker that dies is replaced; workers die with their parent, however it dies.
"""

import ctypes
import os
import resource
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable

_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP}
_PR_SET_PDEATHSIG = 1
_RESTART_PAUSE_SECONDS = 0.5
_GRACE_SECONDS = 5.0


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket. Raises OSError, with EADDRINUSE where somebody else has the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1024)
    listener.setblocking(False)
    return listener


def allow_open_files() -> None:
    """As many as this user may have open: the usual limit of 1,024 is less than our own on connections."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Parent:
    """Keeps `count` workers running `work`, until SIGTERM or SIGINT. `work` gets the worker's place: 0, 1, …"""

    def __init__(self, work: Callable[[int], None], count: int, drain_seconds: float) -> None:
        self._work = work
        self._count = count
        self._drain_seconds = drain_seconds
        self._started: dict[int, float] = {}
        self._places: dict[int, int] = {}

    def run(self) -> int:
        """Return the exit status: 0 after a stop that was asked for, 1 where workers cannot start."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        for place in range(self._count):
            self._start(place)
        while (arrived := signal.sigwait(_SIGNALS)) in (signal.SIGCHLD, signal.SIGHUP):
            if arrived == signal.SIGHUP:
                self._tell(signal.SIGHUP)
            elif not self._replace_dead():
                self._stop(signal.SIGTERM)
                return 1
        self._stop(arrived)
        return 0

    def _start(self, place: int) -> None:
        parent = os.getpid()
        if (pid := os.fork()) == 0:
            _become_worker(lambda: self._work(place), parent)
        self._started[pid], self._places[pid] = time.monotonic(), place

    def _replace_dead(self) -> bool:
        """Replace dead workers; False where one ended by itself with a clear word, such as bad settings."""
        for pid, status in _reap(list(self._started)):
            age = time.monotonic() - self._started.pop(pid)
            if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 1 and age < _RESTART_PAUSE_SECONDS:
                return False
            if age < _RESTART_PAUSE_SECONDS:
                time.sleep(_RESTART_PAUSE_SECONDS)
            self._start(self._places.pop(pid))
        return True

    def _tell(self, number: int) -> None:
        for pid in self._started:
            os.kill(pid, number)

    def _stop(self, _: int) -> None:
        """Ask all workers to drain; after the time for that, end them."""
        self._tell(signal.SIGTERM)
        until = time.monotonic() + self._drain_seconds + _GRACE_SECONDS
        while self._started and (left := until - time.monotonic()) > 0:
            signal.sigtimedwait({signal.SIGCHLD}, min(left, 0.2))
            for pid, _status in _reap(list(self._started)):
                del self._started[pid]
        for pid in self._started:
            os.kill(pid, signal.SIGKILL)


def _reap(pids: list[int]) -> list[tuple[int, int]]:
    ended = [os.waitpid(pid, os.WNOHANG) for pid in pids]
    return [(pid, status) for pid, status in ended if pid]


def _become_worker(work: Callable[[], None], parent: int) -> None:
    """Never returns."""
    status = 1
    try:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == parent:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            work()
            status = 0
    except SystemExit as end:
        print(end.code, file=sys.stderr, flush=True)
    except BaseException:
        traceback.print_exc()
        status = 2
    finally:
        os._exit(status)
