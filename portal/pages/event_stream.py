"""Server-sent events (HTML Living Standard, section 9.2) as bytes, and the answer that carries them."""

import asyncio
from collections.abc import AsyncGenerator

from django.http import StreamingHttpResponse

HEARTBEAT = b": still here\n\n"


def encode_event(name: str, data: str, event_id: str = "") -> bytes:
    """One event. Line ends in `data` are kept as lines, and none can be smuggled in through the id."""
    lines = [f"event: {name}"]
    if event_id:
        lines.append(f"id: {''.join(char for char in event_id if char.isprintable())}")
    lines += [f"data: {line}" for line in data.splitlines() or [""]]
    return ("\n".join(lines) + "\n\n").encode()


def event_stream(events: AsyncGenerator[bytes, None]) -> StreamingHttpResponse:
    """200, kept out of caches and out of proxies' buffers. Called in the event loop that will send it."""
    response = StreamingHttpResponse(_Events(events), content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


class _Events:
    """Ends the generator with the response, even where the client left while an event was being sent to it."""

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        self._events = events
        self._loop = asyncio.get_running_loop()

    def __aiter__(self) -> "_Events":
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._events)

    def close(self) -> None:
        """Django closes responses in a thread."""
        self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._ending = self._loop.create_task(self._events.aclose())
