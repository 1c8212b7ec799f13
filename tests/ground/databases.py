"""A migrated database at the price of a copy: migrations run once per set of migrations, into a template.

After a test that commits, SQLite's copy is made anew and PostgreSQL's rows are put back, so that what migrations put
in is there again; emptying tables would lose it, and the log's own triggers would refuse it.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from tests.ground import rows
from tests.ground.environment import DATABASE_FILE, POSTGRES_DATABASE, POSTGRES_SERVER, REPOSITORY, database_url

_DAY_SECONDS = 86_400
_CACHE = REPOSITORY / ".pytest_cache" / "databases"


def make_ready() -> None:
    """Put a fresh migrated database where this process's settings point."""
    _postgres_copy() if POSTGRES_SERVER else _sqlite_copy()


def drop() -> None:
    """Remove this process's database from the server."""
    from django.db import connections

    connections.close_all()
    if POSTGRES_SERVER:
        _on_server(f'DROP DATABASE IF EXISTS "{POSTGRES_DATABASE}" WITH (FORCE)')


def restore(*_case: Any) -> None:
    """Undo what a committing test did."""
    from django.db import connections

    connections.close_all()
    if not (POSTGRES_SERVER and rows.put_back(database_url(POSTGRES_DATABASE))):
        make_ready()


@cache
def migrations_digest() -> str:
    """Names the schema as this process found it: our migrations by content, the libraries' by version."""
    found = hashlib.sha256((Path(__file__).with_name("rows.py")).read_bytes())
    for path in sorted(REPOSITORY.glob("*/migrations/*.py")):
        found.update(path.read_bytes())
    for name in sorted(f"{package.name}=={package.version}" for package in distributions()):
        found.update(name.encode())
    return found.hexdigest()[:16]


def sqlite_template() -> Path:
    """The migrated template's file, made where it is missing."""
    template = _CACHE / f"{migrations_digest()}.sqlite3"
    if not template.exists():
        _build_sqlite(template)
    return template


def _sqlite_copy() -> None:
    template = sqlite_template()
    for suffix in ("-wal", "-shm"):
        DATABASE_FILE.with_name(DATABASE_FILE.name + suffix).unlink(missing_ok=True)
    draft = DATABASE_FILE.with_suffix(".new")
    shutil.copyfile(template, draft)
    draft.replace(DATABASE_FILE)


def _build_sqlite(template: Path) -> None:
    """Workers queue here and one does it."""
    with one_at_a_time("sqlite"):
        if template.exists():
            return
        _forget_old_templates()
        draft = template.with_suffix(".new")
        draft.unlink(missing_ok=True)
        _migrate(f"sqlite:///{draft}")
        draft.replace(template)


def _forget_old_templates() -> None:
    """Yesterday's; a fresher one of another state may be in use by another run."""
    for old in _CACHE.glob("*.sqlite3*"):
        if old.stat().st_mtime < time.time() - _DAY_SECONDS:
            old.unlink()


def _postgres_copy() -> None:
    template = postgres_template()
    _on_server(f'DROP DATABASE IF EXISTS "{POSTGRES_DATABASE}" WITH (FORCE)')
    _on_server(f'CREATE DATABASE "{POSTGRES_DATABASE}" TEMPLATE "{template}"')


def postgres_template() -> str:
    """The migrated template's name on the server, made where it is missing."""
    template = f"portcullis_template_{migrations_digest()}"
    if not _exists_on_server(template):
        _build_postgres(template)
    return template


def _exists_on_server(name: str) -> bool:
    return bool(_on_server(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))


def _build_postgres(template: str) -> None:
    """Workers queue here and one does it."""
    draft = f"{template}_new"
    with one_at_a_time("postgres"):
        if _exists_on_server(template):
            return
        _on_server(f'DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)')
        _on_server(f'CREATE DATABASE "{draft}"')
        _migrate(database_url(draft))
        rows.keep(database_url(draft))
        _on_server(f'ALTER DATABASE "{draft}" RENAME TO "{template}"')


def _migrate(url: str) -> None:
    """In a process of its own, so that it needs nothing of this one's connections."""
    environment = {**os.environ, "DATABASE_URL": url}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, env=environment, cwd=REPOSITORY, check=True)


def _on_server(statement: str) -> list[Any]:
    import psycopg

    with psycopg.connect(POSTGRES_SERVER, autocommit=True) as connection:
        found = connection.execute(statement)
        return found.fetchall() if found.description else []


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """Of all processes that prepare this for this checkout's tests, one works and the others wait."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(_CACHE / f".{what}.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
