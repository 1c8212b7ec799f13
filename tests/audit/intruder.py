"""Chaining all that waits, and what an intruder with the database's password can do."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from audit.chain import chain_waiting
from audit.triggers import TABLES, lay_triggers


def chain_all() -> None:
    while chain_waiting():
        pass


@contextmanager
def as_intruder() -> Iterator[None]:
    """With triggers and foreign keys out of the way, as for whoever owns the database."""
    if connection.vendor == "postgresql":
        _run("SET session_replication_role = replica")
    else:
        triggers = _run("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s)", *TABLES)
        _run("PRAGMA foreign_keys = OFF")
        for name in triggers:
            _run(f"DROP TRIGGER {name}")
    try:
        yield
    finally:
        if connection.vendor == "postgresql":
            _run("SET session_replication_role = origin")
        else:
            _run("PRAGMA foreign_keys = ON")
            lay_triggers()


def _run(statement: str, *values: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return [row[0] for row in cursor.fetchall()] if cursor.description else []
