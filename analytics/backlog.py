"""How far the call log is behind the call streams."""

from typing import NamedTuple

from analytics.models import StreamPosition
from audit.valkey import valkey
from contract import valkey_keys
from contract.valkey_keys import SLOTS


class Backlog(NamedTuple):
    """Calls that wait for the worker, and the age of the oldest in seconds."""

    calls: int
    oldest_seconds: float


def log_backlog() -> Backlog:
    """One query and two round trips. Raises redis.RedisError."""
    positions = dict(StreamPosition.objects.values_list("slot", "position"))
    pipeline = valkey().pipeline(transaction=False)
    for slot in range(SLOTS):
        stream = valkey_keys.call_stream(slot)
        pipeline.xrange(stream, min=f"({positions.get(slot, '0-0')}", count=1)
        # Streams are trimmed as far as rows are committed, so what is left is what waits.
        pipeline.xlen(stream)
    pipeline.time()
    *found, (seconds, microseconds) = pipeline.execute()
    oldest_ms = [int(entries[0][0].partition(b"-")[0]) for entries in found[::2] if entries]
    waiting = sum(length for length, entries in zip(found[1::2], found[::2], strict=True) if entries)
    now = seconds + microseconds / 1_000_000
    return Backlog(waiting, max(0.0, now - min(oldest_ms) / 1000) if oldest_ms else 0.0)
