"""VAR_DIR: everything that the embedded installation writes lies in it, and nothing else is ever deleted."""

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import IO

from contract.settings import SECRET_NAMES
from demo.supervisor.refusal import Refusal

#: What `make reset` deletes. A folder goes only when this leaves it empty.
KNOWN_FILES = (
    "portcullis.sqlite3*",
    "demo.json",
    "pids.json",
    "proof.json",
    "schema",
    "valkey.socket",
    "upstream.ndjson",
    "audit-anchor.ndjson*",
    "log/*.log",
    "log/*.log.1",
    "valkey/*.rdb",
    "valkey/appendonlydir/*",
    "secrets/sample.json",
    *(f"secrets/{name}" for name in SECRET_NAMES),
)
KNOWN_FOLDERS = ("log", "valkey/appendonlydir", "valkey", "secrets")
#: Static files are collected under names that only they know; the mark is written when they are complete.
_OWN_FOLDERS, _MARK = ("static",), ".collected"
_LOCK = "supervisor.lock"
_HANDOVER_SECONDS = 1.0
_STOP_SECONDS = 60.0


def var_folder() -> Path:
    """VAR_DIR as an absolute path; children inherit it."""
    folder = Path(os.environ.get("VAR_DIR") or "var").absolute()
    os.environ["VAR_DIR"] = str(folder)
    return folder


def make_writable(folder: Path) -> None:
    """Make the folder where it is missing. Raises Refusal where nothing can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "log").mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Refusal(f"VAR_DIR {folder} is not writable: {error.strerror}") from error


def hold(folder: Path) -> IO[str]:
    """Take the folder for this process as long as the file stays open, waiting for a run that is stopping.

    Raises Refusal where another run holds it.
    """
    lock = (folder / _LOCK).open("a+")
    deadline = time.monotonic() + _HANDOVER_SECONDS
    while not _taken(lock):
        if time.monotonic() > deadline + (_STOP_SECONDS if _is_stopping(lock) else 0):
            lock.close()
            raise Refusal(f"Portcullis is running from {folder} already; stop it first (Ctrl-C where it runs)")
        time.sleep(0.05)
    note_state(lock, "running")
    return lock


def note_state(lock: IO[str], state: str) -> None:
    """Tell those who wait for the folder whether it is worth waiting: `running` or `stopping`."""
    lock.truncate(0)
    lock.write(state)
    lock.flush()


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_stopping(lock: IO[str]) -> bool:
    lock.seek(0)
    return lock.read() == "stopping"


def delete_known_content(folder: Path) -> None:
    """Delete what we wrote; keep whatever else lies there, and the folder with it. Raises OSError."""
    for pattern in KNOWN_FILES:
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)
    (folder / _LOCK).unlink(missing_ok=True)
    for name in _OWN_FOLDERS:
        _delete_own(folder / name)
    for name in (*KNOWN_FOLDERS, "."):
        _delete_if_empty(folder / name)


def _delete_own(folder: Path) -> None:
    """A folder that a mark of ours shows to be made by us, with whatever is in it."""
    if (folder / _MARK).exists():
        shutil.rmtree(folder)


def _delete_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
