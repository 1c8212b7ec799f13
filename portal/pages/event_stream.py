"""Server-sent events (HTML Living Standard, section 9.2) as bytes, and the answer that carries them."""

from collections.abc import AsyncIterator

from django.http import StreamingHttpResponse

HEARTBEAT = b": still here\n\n"


def encode_event(name: str, data: str, event_id: str = "") -> bytes:
    """One event. Line ends in `data` are kept as lines, and none can be smuggled in through the id."""
    lines = [f"event: {name}"]
    if event_id:
        lines.append(f"id: {''.join(char for char in event_id if char.isprintable())}")
    lines += [f"data: {line}" for line in data.splitlines() or [""]]
    return ("\n".join(lines) + "\n\n").encode()


def event_stream(events: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """200, kept out of caches and out of proxies' buffers."""
    response = StreamingHttpResponse(events, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response
