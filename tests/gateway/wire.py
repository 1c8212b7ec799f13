"""A connection without a network: what one side writes is kept, what the other side sends is handed over."""

import asyncio
from collections.abc import Callable
from typing import Any


class FakeTransport(asyncio.Transport):
    """`written` holds all that was written; `on_write`, if given, sees each piece."""

    def __init__(
        self, protocol: asyncio.Protocol, *, peer: str = "192.0.2.7", on_write: Callable[[bytes], None] | None = None
    ) -> None:
        super().__init__({"peername": (peer, 4711)})
        self._protocol = protocol
        self._on_write = on_write
        self.written = bytearray()
        self.is_gone = False
        self.has_ended = False
        self.is_paused = False

    def write(self, data: Any) -> None:
        assert not self.has_ended, "written after the end"
        self.written += data
        if self._on_write is not None:
            self._on_write(bytes(data))

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.has_ended = True

    def is_closing(self) -> bool:
        return self.is_gone

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if not self.is_gone:
            self.is_gone = True
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False
