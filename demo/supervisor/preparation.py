"""Brings database and static files to the code's state, in child processes whose progress the operator sees."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from demo.supervisor.child import die_with_parent
from demo.supervisor.refusal import Refusal

_REPOSITORY = Path(__file__).resolve().parents[2]
_DATABASE = (sys.executable, "-m", "demo.prepare")
_STATIC = (sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
_STATIC_STAMP = "static/.collected"
_SCHEMA_STAMP = "schema"


def is_prepared(var_dir: Path) -> bool:
    """Whether the last start brought the database to this very schema, so that programs need not wait for the check."""
    return _stamped(var_dir / _SCHEMA_STAMP) == schema_digest()


def prepare(var_dir: Path, environment: Mapping[str, str]) -> None:
    """Migrate, seed and collect, side by side. Raises Refusal where a step fails; it has said why."""
    schema, static = schema_digest(), static_digest()
    steps = {"database": _start(_DATABASE, environment)}
    if _stamped(var_dir / _STATIC_STAMP) != static:
        steps["static files"] = _start(_STATIC, environment)
    _wait(steps)
    (var_dir / _STATIC_STAMP).write_text(static)
    (var_dir / _SCHEMA_STAMP).write_text(schema)


def static_digest() -> str:
    """Names the sources of the static files: our own by size and time, the libraries' by the lock."""
    own = [path for path in sorted(_REPOSITORY.joinpath("static").rglob("*")) if path.is_file()]
    facts = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in own]
    return _digest([_lock(), *(fact.encode() for fact in facts)])


def schema_digest() -> str:
    """Names the schema: our migrations by content, the libraries' by the lock, and which database it is."""
    migrations = [path.read_bytes() for path in sorted(_REPOSITORY.glob("*/migrations/*.py"))]
    return _digest([_lock(), os.environ.get("DATABASE_URL", "").encode(), *migrations])


def _lock() -> bytes:
    return _REPOSITORY.joinpath("requirements/base.txt").read_bytes()


def _digest(parts: list[bytes]) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _stamped(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _start(command: tuple[str, ...], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=environment,
        cwd=_REPOSITORY,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )


def _wait(steps: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """Wait for all; whatever interrupts the waiting, none goes on behind our back."""
    try:
        while any(step.poll() is None for step in steps.values()):
            _raise_for(steps)
            time.sleep(0.05)
        _raise_for(steps)
    finally:
        for step in steps.values():
            step.kill()
            step.wait()


def _raise_for(steps: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for name, step in steps.items():
        if step.returncode:
            raise Refusal(f"The {name} could not be prepared: see above")
