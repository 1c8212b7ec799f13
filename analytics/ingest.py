"""From the call streams to the call log: each row once, whatever dies in between.

Rows and the stream's position move in one transaction, and a row's request id is unique, so a repeated batch changes
nothing. Streams are trimmed only up to positions that are committed.
"""

from datetime import UTC, datetime

import redis
import structlog
from django.db import transaction
from django.utils import timezone

from accounts.models import Application
from analytics.models import Call, StreamPosition
from audit.valkey import valkey
from contract import valkey_keys
from contract.calls import CallRow, decode_row
from contract.valkey_keys import SLOTS

log = structlog.get_logger(__name__)
BATCH_ROWS = 1000
"""Rows in one transaction: more would hold SQLite's one write lock for too long."""
Entry = tuple[bytes, dict[bytes, bytes]]


def ingest_waiting(block_ms: int | None = None) -> int:
    """Write what waits in all slots and return how many rows are new. Raises redis.RedisError."""
    positions = dict(StreamPosition.objects.values_list("slot", "position"))
    streams = {valkey_keys.call_stream(slot): positions.get(slot, "0-0") for slot in range(SLOTS)}
    found = valkey().xread(streams, count=BATCH_ROWS, block=block_ms)  # type: ignore[arg-type]
    slots = {valkey_keys.call_stream(slot).encode(): slot for slot in range(SLOTS)}
    return sum(_ingest(slots[name], entries) for name, entries in found)


def _ingest(slot: int, entries: list[Entry]) -> int:
    calls = [call for entry in entries if (call := _read(entry))]
    last = entries[-1][0].decode()
    with transaction.atomic():
        known = set(
            Call.objects.filter(request_id__in=[call.request_id for call in calls]).values_list("request_id", flat=True)
        )
        fresh = {call.request_id: call for call in calls if call.request_id not in known}
        Call.objects.bulk_create(fresh.values(), ignore_conflicts=True)
        StreamPosition.objects.update_or_create(slot=slot, defaults={"position": last})
        _note_first_calls(fresh.values())
    valkey().xtrim(valkey_keys.call_stream(slot), minid=_after(last))
    _announce({call.application for call in fresh.values()})
    return len(fresh)


def _after(position: str) -> str:
    milliseconds, _, sequence = position.partition("-")
    return f"{milliseconds}-{int(sequence) + 1}"


def _read(entry: Entry) -> Call | None:
    """A row that cannot be read is logged and passed over: it must not stop the others."""
    try:
        return call_of(decode_row(entry[1][b"r"]))
    except (ValueError, KeyError, OverflowError) as error:
        log.error("call_row_unreadable", entry=entry[0].decode(), error=type(error).__name__)
        return None


def call_of(row: CallRow) -> Call:
    """The log's row for a call, cut to what the columns hold."""
    return Call(
        request_id=row.request_id,
        at=datetime.fromtimestamp(row.at_ms / 1000, UTC),
        organisation=row.organisation,
        application=row.application,
        credential=row.credential,
        secret=row.secret[:24],
        environment=row.environment,
        gateway=row.gateway,
        method=row.method[:16],
        path=row.path[:2048],
        api=row.api,
        version=row.version,
        operation=row.operation,
        plan=row.plan,
        subscription=row.subscription,
        address=row.address[:45],
        user_agent=row.user_agent[:200],
        outcome=row.outcome,
        status=row.status,
        problem=row.problem,
        upstream_status=row.upstream_status,
        duration_us=row.duration_us,
        upstream_us=row.upstream_us,
        bytes_in=row.bytes_in,
        bytes_out=row.bytes_out,
        masked=list(row.masked),
        cost=row.cost,
        is_shadow=row.shadow,
    )


def _note_first_calls(calls: object) -> None:
    applications = {call.application for call in calls if call.outcome == "answered"}  # type: ignore[attr-defined]
    if applications:
        waiting = Application.objects.filter(public_id__in=applications, first_call_at=None)
        waiting.update(first_call_at=timezone.now())


def _announce(applications: set[str]) -> None:
    """Tell the pages that are open. Losing this loses nothing but the page's liveliness."""
    for application in applications:
        try:
            valkey().publish(valkey_keys.ARRIVALS, application)
        except redis.RedisError:
            log.info("arrival_not_announced")
