"""Imports that wait, each in a process of its own: reading a large document takes a minute of one processor, and may be
ended without ending anything else."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import structlog

from audit.locks import only_one
from catalog.imports import LONGEST_SECONDS, STOPPED_TEXT, stop, stop_abandoned
from catalog.models import Import, Progress

log = structlog.get_logger(__name__)
MANAGE = Path(__file__).resolve().parents[1] / "manage.py"
MOST_BYTES = 1 << 30
_LOOK_SECONDS = 0.25


def run_waiting(stopping: threading.Event) -> None:
    """Run what waits, one after the other, unless another worker is at it."""
    with only_one("imports") as is_ours:
        if is_ours:
            stop_abandoned()
            waiting = Import.objects.filter(progress__in=(Progress.WAITING, Progress.APPROVED)).order_by("id")
            for row in waiting.only("public_id", "progress"):
                _run_apart(row, stopping)


def _run_apart(row: Import, stopping: threading.Event) -> None:
    if stopping.is_set():
        return
    process = subprocess.Popen([sys.executable, str(MANAGE), "run_import", row.public_id])  # noqa: S603 (our own)
    until = time.monotonic() + LONGEST_SECONDS
    while process.poll() is None and time.monotonic() < until and not stopping.is_set():
        stopping.wait(_LOOK_SECONDS)
    if process.poll() is None:
        process.kill()
        process.wait()
    if process.returncode:
        log.warning("import_stopped", import_id=row.public_id, status=process.returncode)
        stop(row, STOPPED_TEXT)
