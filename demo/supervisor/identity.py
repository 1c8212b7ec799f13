"""Whether a process number still means the process that we started: numbers are used again, start times are not."""

import os
import subprocess
import sys
from pathlib import Path

_PROC = Path("/proc")


def started_at(pid: int) -> str | None:
    """When the process began, as a text that differs between two processes of one number; None where none runs."""
    if not _PROC.joinpath("self/stat").exists():
        return _started_by_ps(pid)
    fields = _stat_fields(pid)
    return None if fields is None or fields[0] in "ZX" else fields[19]


def orphans(session: int) -> dict[int, str]:
    """What is left of a session whose leader is gone: our interpreter's processes and their start times (Linux)."""
    if started_at(session) is not None or not _PROC.is_dir():
        return {}
    numbers = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    ours = [pid for pid in numbers if _session_of(pid) == session and _runs_our_interpreter(pid)]
    return {pid: started for pid in ours if (started := started_at(pid)) is not None}


def _stat_fields(pid: int) -> list[str] | None:
    """Fields of /proc/<pid>/stat from the third (state) on; the second may hold spaces and brackets."""
    try:
        return _PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def _runs_our_interpreter(pid: int) -> bool:
    try:
        command = _PROC.joinpath(str(pid), "cmdline").read_bytes()
    except OSError:
        return False
    return command.startswith(os.fsencode(sys.prefix))


def _started_by_ps(pid: int) -> str | None:
    found = subprocess.run(["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None
