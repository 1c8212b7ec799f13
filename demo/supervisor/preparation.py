"""Brings database and static files to the code's state, in child processes whose progress the operator sees."""

import hashlib
import json
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
_STAMP = "static/.collected"


def prepare(var_dir: Path, environment: Mapping[str, str]) -> None:
    """Migrate, seed and collect, side by side. Raises Refusal where a step fails; it has said why."""
    wanted = static_digest()
    fresh = _stamped(var_dir / _STAMP) == wanted
    steps = {"database": _start(_DATABASE, environment)}
    if not fresh:
        steps["static files"] = _start(_STATIC, environment)
    _wait(steps)
    if not fresh:
        (var_dir / _STAMP).write_text(wanted)


def static_digest() -> str:
    """Names the sources of the static files: our own by size and time, the libraries' by the lock."""
    own = [path for path in sorted(_REPOSITORY.joinpath("static").rglob("*")) if path.is_file()]
    facts = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in own]
    lock = _REPOSITORY.joinpath("requirements/base.txt").read_bytes()
    return hashlib.sha256(json.dumps(facts).encode() + lock).hexdigest()


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
