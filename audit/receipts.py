"""Which gateways have applied a change, and when: read from their heartbeats, the change feed and their receipts."""

import time
from collections.abc import Iterable
from typing import NamedTuple

from audit.valkey import valkey
from contract import valkey_keys

NEWEST_ENTRIES = 2000
"""How far back a change is looked for; older ones have long been applied."""


class Receipt(NamedTuple):
    """`took_seconds` from publishing to applying, None while the gateway has not applied it."""

    gateway: str
    took_seconds: float | None


def answering_gateways() -> list[str]:
    """Names of the gateways with a fresh heartbeat. Raises redis.RedisError."""
    seconds, microseconds = valkey().time()
    oldest_ms = (seconds - valkey_keys.GATEWAY_DEAD_AFTER_SECONDS) * 1000 + microseconds // 1000
    return sorted(name.decode() for name in valkey().zrangebyscore(valkey_keys.GATEWAYS, oldest_ms, "+inf"))


def receipts_of(records: Iterable[tuple[str, int]]) -> list[Receipt]:
    """A receipt for each answering gateway. `records` are (`kind:id`, version) pairs. Raises redis.RedisError."""
    position = _position(dict(records))
    applied = _applied(position) if position else {}
    return [Receipt(name, applied.get(name)) for name in answering_gateways()]


def await_receipts(records: Iterable[tuple[str, int]], timeout_seconds: float) -> list[Receipt]:
    """The receipts when all are in, or as they stand after `timeout_seconds`. Raises redis.RedisError."""
    records, deadline = list(records), time.monotonic() + timeout_seconds
    while True:
        receipts = receipts_of(records)
        left_ms = int((deadline - time.monotonic()) * 1000)
        if left_ms <= 0 or all(receipt.took_seconds is not None for receipt in receipts):
            return receipts
        valkey().xread({valkey_keys.RECEIPTS: "$"}, block=min(left_ms, 50))


def _position(records: dict[str, int]) -> str | None:
    """The feed's entry from which on all records are announced; None while one is not."""
    found: dict[str, str] = {}
    for entry_id, fields in valkey().xrevrange(valkey_keys.FEED, count=NEWEST_ENTRIES):
        name, version = fields[b"n"].decode(), int(fields[b"v"])
        if version >= records.get(name, version + 1):
            found[name] = entry_id.decode()
    return max(found.values(), key=_order) if records and found.keys() == records.keys() else None


def _applied(position: str) -> dict[str, float]:
    """By gateway, how long it took; the first receipt at or past the position counts."""
    published_ms, took = _order(position)[0], {}
    for _, fields in valkey().xrange(valkey_keys.RECEIPTS, min=f"{published_ms}-0"):
        gateway = fields[b"g"].decode()
        if gateway not in took and _order(fields[b"p"].decode()) >= _order(position):
            took[gateway] = max(0, int(fields[b"at"]) - published_ms) / 1000
    return took


def _order(entry_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence or 0)
