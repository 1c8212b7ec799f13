"""A transport with both directions of backpressure, for either side of the gateway."""

import asyncio
from collections.abc import Callable
from typing import cast


class Flow:
    """Wraps asyncio's transport; after the connection is gone everything here does nothing."""

    __slots__ = ("_drained", "_transport", "write")

    def __init__(self) -> None:
        #: Queues bytes; await `drain` after large ones. It is the transport's own, since it is called twice a call.
        self.write: Callable[[bytes], None] = _ignore
        self._transport: asyncio.Transport | None = None
        self._drained: asyncio.Future[None] | None = None

    def attach(self, transport: asyncio.BaseTransport) -> None:
        """From the protocol's connection_made."""
        self._transport = cast(asyncio.Transport, transport)
        self.write = self._transport.write

    def detach(self) -> None:
        """From the protocol's connection_lost."""
        self._transport, self.write = None, _ignore
        self.resume_writing()

    @property
    def is_clogged(self) -> bool:
        """Whether the other side is behind with reading."""
        return self._drained is not None

    async def drain(self) -> None:
        """Wait until the other side has read enough."""
        if self._drained is not None:
            await asyncio.shield(self._drained)

    def pause_writing(self) -> None:
        """From the protocol."""
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """From the protocol."""
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def pause_reading(self) -> None:
        """Let the kernel's buffers hold the sender back."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        if self._transport is not None:
            self._transport.resume_reading()

    def finish(self) -> None:
        """Send what is queued, then close our direction."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write_eof() if self._transport.can_write_eof() else self._transport.close()

    def close(self) -> None:
        """Send what is queued, then close."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def peer(self) -> str:
        """The other side's address; empty for a unix socket."""
        name = self._transport.get_extra_info("peername") if self._transport is not None else None
        return name[0] if isinstance(name, tuple) else ""


def _ignore(_: bytes) -> None:
    """The connection is gone."""
