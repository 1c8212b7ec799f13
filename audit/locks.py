"""Locks between processes: what only one of all workers may do at a time.

They are the session's on PostgreSQL (advisory, so a pooler must not share sessions between transactions) and a file's
beside the database on SQLite. Either ends with its holder, however that dies.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def only_one(name: str) -> Iterator[bool]:
    """Whether nobody else is inside under this name; nobody gets in until we leave. Never waits."""
    inside = _postgres_lock(name) if connection.vendor == "postgresql" else _file_lock(name)
    with inside as is_ours:
        yield is_ours


def wait_for_turn(name: str) -> None:
    """Within a transaction: from here to its end nobody else is past here under this name. SQLite's writers are alone
    as it is."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_number(name)])


@contextmanager
def _postgres_lock(name: str) -> Iterator[bool]:
    number = _number(name)
    is_ours = _ask("SELECT pg_try_advisory_lock(%s)", number)
    try:
        yield is_ours
    finally:
        # A connection that broke meanwhile has let go of the lock by itself.
        if is_ours and connection.is_usable():
            _ask("SELECT pg_advisory_unlock(%s)", number)


def _number(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


def _ask(statement: str, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [number])
        return bool(cursor.fetchone()[0])


@contextmanager
def _file_lock(name: str) -> Iterator[bool]:
    descriptor = os.open(f"{connection.settings_dict['NAME']}.{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield _try_file(descriptor)
    finally:
        os.close(descriptor)


def _try_file(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
