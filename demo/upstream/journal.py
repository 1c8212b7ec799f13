"""The journal: one JSON line for each request received, on file before its reply is sent."""

import errno
import os
import re
from pathlib import Path

import msgspec

# Callers may mistake the query string for the place of their key.
_SECRETS = re.compile(r"pc_(?:live|test)_[^&#/]*|(?<=[?&])(?:api_?key|key|access_token|token)=[^&]*", re.IGNORECASE)

LINE_START = b'{"at":"'
MAX_LINE_BYTES = 1_048_576


class Entry(msgspec.Struct):
    """``method`` and ``path`` are ``None`` when the request could not be read that far."""

    at: str
    method: str | None
    path: str | None
    request_id: str | None
    consumer: str | None
    status: int


class Journal:
    """Collects entries and appends them in one write; the file always ends with a whole line."""

    def __init__(self, path: Path) -> None:
        """Raises ``OSError`` when the file cannot be opened for appending."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._encoder = msgspec.json.Encoder()
        self._lines: list[bytes] = []
        self._drop_torn_line()

    def add(self, entry: Entry) -> None:
        entry.path = _without_secrets(entry.path)
        entry.request_id = _without_secrets(entry.request_id)
        entry.consumer = _without_secrets(entry.consumer)
        self._lines.append(self._encoder.encode(entry))

    def flush(self) -> None:
        """Appends what was added; raises ``OSError`` with the file as it was and the entries dropped."""
        lines, self._lines = self._lines, []
        if lines:
            self._append(b"\n".join(lines) + b"\n")

    def close(self) -> None:
        os.close(self._descriptor)

    def _append(self, data: bytes) -> None:
        size_before_bytes = os.fstat(self._descriptor).st_size
        remaining = memoryview(data)
        try:
            while remaining:
                remaining = remaining[os.write(self._descriptor, remaining) :]
        except OSError:
            os.ftruncate(self._descriptor, size_before_bytes)
            raise

    def _drop_torn_line(self) -> None:
        """A crash in the middle of a write may have left a part of a line, whose reply was never sent."""
        size_bytes = os.fstat(self._descriptor).st_size
        tail_start = max(0, size_bytes - MAX_LINE_BYTES)
        tail = os.pread(self._descriptor, size_bytes - tail_start, tail_start)
        torn = tail[tail.rfind(b"\n") + 1 :]
        if not LINE_START.startswith(torn[: len(LINE_START)]):
            raise OSError(errno.EINVAL, "Not a journal of this server")
        if torn:
            os.ftruncate(self._descriptor, size_bytes - len(torn))


def _without_secrets(text: str | None) -> str | None:
    if text is None or ("=" not in text and "pc_" not in text.lower()):
        return text
    return _SECRETS.sub("[removed]", text)
