"""From the call streams to the call log: each row once, whatever dies in between.

Rows and the stream's position move in one transaction under the position's lock, so a repeated batch changes nothing,
nor do two workers at once. Streams are trimmed only up to positions that are committed.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import redis
import structlog
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from accounts.models import Application
from analytics.models import Call, OperationUse, StreamPosition
from audit.valkey import valkey
from contract import valkey_keys
from contract.calls import CallRow, decode_row
from contract.valkey_keys import SLOTS

log = structlog.get_logger(__name__)
BATCH_ROWS = 1000
"""Rows in one transaction: more would hold SQLite's one write lock for too long."""
_REFUSED = (DataError, IntegrityError, ValueError, OverflowError)
Entry = tuple[bytes, dict[bytes, bytes]]


def ingest_waiting(block_ms: int | None = None) -> int:
    """Write what waits in all slots and return how many rows are new. Raises redis.RedisError."""
    positions = dict(StreamPosition.objects.values_list("slot", "position"))
    streams = {valkey_keys.call_stream(slot): positions.get(slot, "0-0") for slot in range(SLOTS)}
    found = valkey().xread(streams, count=BATCH_ROWS, block=block_ms)  # type: ignore[arg-type]
    slots = {valkey_keys.call_stream(slot).encode(): slot for slot in range(SLOTS)}
    return sum(_ingest(slots[name], entries) for name, entries in found)


def rewind() -> None:
    """Read the streams from their beginnings: a Valkey that lost its data may number entries below our positions."""
    StreamPosition.objects.update(position="0-0")


def _ingest(slot: int, entries: list[Entry]) -> int:
    with transaction.atomic():
        reached = _lock_position(slot)
        waiting = [entry for entry in entries if _order(entry[0]) > _order(reached.position.encode())]
        calls = _save(_fresh([call for entry in waiting if (call := _read(entry))]))
        if waiting:
            StreamPosition.objects.filter(pk=reached.pk).update(position=waiting[-1][0].decode())
        _note_first_calls(calls)
        _note_uses(calls)
    valkey().xtrim(valkey_keys.call_stream(slot), minid=_after(entries[-1][0].decode()), approximate=False)
    _announce({call.application for call in calls})
    return len(calls)


def _lock_position(slot: int) -> StreamPosition:
    StreamPosition.objects.get_or_create(slot=slot)
    return StreamPosition.objects.select_for_update().get(slot=slot)


def _order(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, sequence = entry_id.partition(b"-")
    return int(milliseconds), int(sequence)


def _fresh(calls: list[Call]) -> list[Call]:
    """Without calls that are in the log already: a database may be older than the stream, or the stream than it."""
    by_id = {call.request_id: call for call in calls}
    known = Call.objects.filter(request_id__in=by_id).values_list("request_id", flat=True)
    for request_id in known:
        del by_id[request_id]
    return list(by_id.values())


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


def _save(calls: list[Call]) -> list[Call]:
    """The calls that could be written: one that the database refuses is logged and passed over like an unreadable."""
    try:
        with transaction.atomic():
            Call.objects.bulk_create(calls)
    except _REFUSED:
        return [call for call in calls if _saves(call)]
    return calls


def _saves(call: Call) -> bool:
    try:
        with transaction.atomic():
            call.save(force_insert=True)
    except _REFUSED as error:
        log.error("call_row_refused", request_id=call.request_id[:64], error=type(error).__name__)
        return False
    return True


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
        client_request_id=row.client_request_id[:128],
        is_invalid=row.invalid,
        undeclared=row.undeclared,
        restriction=row.restriction[:200],
        user=row.user[:32],
        bound=row.bound,
    )


def _note_first_calls(calls: Iterable[Call]) -> None:
    applications = {call.application for call in calls if call.outcome == "answered"}
    if applications:
        waiting = Application.objects.filter(public_id__in=applications, first_call_at=None)
        waiting.update(first_call_at=timezone.now())


def _note_uses(calls: Iterable[Call]) -> None:
    """One row a key and operation, however many calls; what was refused was not used."""
    newest: dict[tuple[str, str], datetime] = {}
    for call in calls:
        pair = (call.credential, call.operation)
        if all(pair) and call.outcome != "refused":
            newest[pair] = max(call.at, newest.get(pair, call.at))
    rows = [OperationUse(credential=pair[0], operation=pair[1], last_at=newest[pair]) for pair in sorted(newest)]
    OperationUse.objects.bulk_create(
        rows, update_conflicts=True, update_fields=["last_at"], unique_fields=["credential", "operation"]
    )


def _announce(applications: set[str]) -> None:
    """Tell the pages that are open. Losing this loses nothing but the page's liveliness."""
    for application in applications:
        try:
            valkey().publish(valkey_keys.ARRIVALS, application)
        except redis.RedisError:
            log.info("arrival_not_announced")
