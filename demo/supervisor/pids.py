"""VAR_DIR/pids.json: which processes belong to the installation, for people, scripts and the next start.

`{"supervisor": 1, "portal": 2, …, "started": {"supervisor": "…", …}}`; each child leads a process group of its own.
"""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from demo.supervisor.identity import orphans, started_at

_STOP_SECONDS = 10.0


def write_pids(path: Path, pids: Mapping[str, int]) -> None:
    """Replace the file in one step."""
    known = {"supervisor": os.getpid(), **pids}
    started = {name: started_at(pid) for name, pid in known.items()}
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps({**known, "started": started}))
    draft.replace(path)


def stop_leftovers(path: Path, say: Callable[[str], None]) -> None:
    """Stop the children of a supervisor that was killed; never a stranger who got one of their numbers since."""
    for name, pid, started in _noted(path):
        if started_at(pid) == started:
            say(f"Stopping {name} (process {pid}), left over from a run that was killed")
            _end({pid: started}, os.killpg)
        elif left := orphans(pid):
            say(f"Stopping what {name} left over (processes {', '.join(map(str, left))})")
            _end(left, os.kill)
    path.unlink(missing_ok=True)


def _noted(path: Path) -> list[tuple[str, int, str]]:
    """Children as the file names them, the last started first; none where it is missing or damaged."""
    try:
        noted = json.loads(path.read_text())
        children = [(name, int(noted[name]), start) for name, start in noted["started"].items() if name != "supervisor"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    return children[::-1]


def _end(processes: Mapping[int, str], send: Callable[[int, int], None]) -> None:
    """Ask, then kill what does not go in time."""
    _signal_all(processes, send, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while _living(processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    _signal_all(processes, send, signal.SIGKILL)


def _living(processes: Mapping[int, str]) -> list[int]:
    return [pid for pid, started in processes.items() if started_at(pid) == started]


def _signal_all(processes: Mapping[int, str], send: Callable[[int, int], None], number: int) -> None:
    for pid in _living(processes):
        with contextlib.suppress(ProcessLookupError):
            send(pid, number)
