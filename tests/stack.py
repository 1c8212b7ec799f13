"""The whole installation as a person runs it: the real supervisor with its own ports and folder."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.supervisor.preparation import static_digest
from tests import canaries
from tests.ground.databases import one_at_a_time, sqlite_template
from tests.ground.environment import REPOSITORY, foreign_environment
from tests.postbox import postbox

_PORTS = ("PORTAL_PORT", "GATEWAY_PORT", "UPSTREAM_PORT")
#: One that never answers: its button is there, and the page for when it fails.
_OPENID_PROVIDER = {
    "OIDC_ISSUER": "http://127.0.0.1:9",
    "OIDC_CLIENT_ID": "portal",
    "OIDC_CLIENT_SECRET": "of a provider that never answers",
    "OIDC_NAME": "Town ID",
}
_READY_WITHIN_SECONDS = 300
_STATIC_CACHE = REPOSITORY / ".pytest_cache" / "static"
SUPERVISOR = (sys.executable, "-m", "demo.supervisor", "run")


@dataclass
class Stack:
    """A running installation. `output` is what its terminal shows; `environment` is what its commands need."""

    process: subprocess.Popen[bytes]
    var_dir: Path
    environment: dict[str, str]
    output: Path
    repository: Path = REPOSITORY

    @property
    def demo(self) -> dict[str, Any]:
        """The content of demo.json."""
        found: dict[str, Any] = json.loads((self.var_dir / "demo.json").read_text())
        return found

    @property
    def pids(self) -> dict[str, Any]:
        """The content of pids.json."""
        found: dict[str, Any] = json.loads((self.var_dir / "pids.json").read_text())
        return found

    def manage(self, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a management command against it; the status is the caller's to judge."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, env=self.environment, cwd=self.repository, input=text, capture_output=True, text=True, check=False
        )
        canaries.keep_keys_in(done.stdout)
        return done

    def mailed(self, to: str, pattern: str) -> str:
        """The pattern's group in the newest letter to somebody that has it; empty where none came."""
        found = [re.search(pattern, text) for addressee, text in reversed(postbox().letters) if addressee == to]
        return next((match[1] for match in found if match), "")

    def places(self) -> Iterator[tuple[str, bytes]]:
        """Where it has written anything down."""
        return canaries.places(self.var_dir, self.environment.get("METRICS_PORT", ""))

    def stop(self, number: int = signal.SIGINT) -> int:
        """Signal it as a terminal would, with what started it, and wait; answers the exit status."""
        os.killpg(self.process.pid, number)
        return self.process.wait(timeout=60)


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def stack_environment(var_dir: Path, **more: str) -> dict[str, str]:
    """Settings of an installation of its own."""
    ports = {name: str(port) for name, port in zip(_PORTS, free_ports(len(_PORTS)), strict=True)}
    own = {"VAR_DIR": str(var_dir), "EMAIL_URL": postbox().url}
    return {**foreign_environment(), **ports, **own, **_OPENID_PROVIDER, **more}


@contextmanager
def running_stack(
    var_dir: Path,
    environment: Mapping[str, str] | None = None,
    command: tuple[str, ...] = SUPERVISOR,
    repository: Path = REPOSITORY,
) -> Iterator[Stack]:
    """Start it, wait until it is ready, look for secrets in it and stop it at the end.

    Raises AssertionError with its output where it fails.
    """
    chosen = dict(environment or stack_environment(var_dir))
    output = repository.parent / f"{repository.name}.out" if repository != REPOSITORY else var_dir.with_suffix(".out")
    (var_dir / "demo.json").unlink(missing_ok=True)
    with output.open("wb") as sink:
        process = subprocess.Popen(
            command, env=chosen, cwd=repository, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True
        )
    stack = Stack(process, var_dir, chosen, output, repository)
    try:
        _wait_until_ready(stack)
        canaries.keep_demo(stack.demo)
        canaries.keep(chosen.get("OIDC_CLIENT_SECRET", ""))
        yield stack
        if process.poll() is None:
            assert canaries.look(stack.places(), canaries.known()) == []
    finally:
        if process.poll() is None:
            stack.stop()


def _wait_until_ready(stack: Stack) -> None:
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while not (stack.var_dir / "demo.json").exists():
        ended = stack.process.poll() is not None
        if ended or time.monotonic() > deadline:
            raise AssertionError(f"The installation did not get ready:\n{_story(stack)}")
        time.sleep(0.05)


def _story(stack: Stack) -> str:
    logs = sorted((stack.var_dir / "log").glob("*.log"))
    tails = [f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in logs]
    return "\n".join([stack.output.read_text(errors="replace"), *tails])


def lay_prepared(var_dir: Path) -> None:
    """A folder whose database is migrated and whose static files are collected, so that a start is quick."""
    var_dir.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(sqlite_template(), var_dir / "portcullis.sqlite3")
    shutil.copytree(_collected_static(), var_dir / "static")


def _collected_static() -> Path:
    """Static files as the supervisor collects them, collected once for each state of their sources."""
    digest = static_digest()
    folder = _STATIC_CACHE / digest
    if not folder.exists():
        _fill_static_cache(folder, digest)
    return folder


def _fill_static_cache(folder: Path, digest: str) -> None:
    """Workers queue here and one does it."""
    with one_at_a_time("static"):
        if folder.exists():
            return
        shutil.rmtree(_STATIC_CACHE, ignore_errors=True)
        _collect(_STATIC_CACHE / "new")
        (_STATIC_CACHE / "new" / "static" / ".collected").write_text(digest)
        (_STATIC_CACHE / "new" / "static").replace(folder)


def _collect(var_dir: Path) -> None:
    environment = {**os.environ, "VAR_DIR": str(var_dir)}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, env=environment, cwd=REPOSITORY, check=True)
