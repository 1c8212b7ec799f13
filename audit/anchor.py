"""The chain's heads in a file outside the database, one JSON object a line: so a tail that was cut off is missed."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.utils import timezone

MOST_BYTES = 1 << 20
KEPT_LINES = 2000


class Head(NamedTuple):
    """The last link of a chain at some moment."""

    seq: int
    mac: str


GENESIS = Head(0, "0" * 64)
"""What the first link follows."""


def append_head(path: Path, head: Head) -> None:
    """On disk when this returns. Raises OSError."""
    line = json.dumps({"at": timezone.now().isoformat(), "seq": head.seq, "mac": head.mac}) + "\n"
    is_new = not path.exists()
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as file:
        file.write((b"" if _ends_whole(file) else b"\n") + line.encode())
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    if is_new:
        _sync_folder(path)
    if size > MOST_BYTES:
        _shorten(path)


def _ends_whole(file: BinaryIO) -> bool:
    """A line that a crash tore must not swallow the next one."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _shorten(path: Path) -> None:
    """Each head covers all that stand before it, so the newest are enough."""
    draft = path.with_name(path.name + ".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.writelines(path.read_bytes().splitlines(keepends=True)[-KEPT_LINES:])
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_folder(path)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_heads(path: Path) -> dict[int, str]:
    """All heads that are kept, by seq; a file's worth at most. Raises OSError, but not for a file that is missing."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {head.seq: head.mac for head in _heads(file)}


def last_head(path: Path) -> Head | None:
    """The newest head; None where no file is. Raises OSError."""
    heads = read_heads(path)
    return Head(*max(heads.items())) if heads else None


def _heads(lines: Iterator[bytes]) -> Iterator[Head]:
    """Lines that tell no head (torn by a crash) are passed over."""
    for line in lines:
        try:
            told = json.loads(line)
            yield Head(int(told["seq"]), str(told["mac"]))
        except (ValueError, KeyError, TypeError):
            continue
