"""From the database to the gateways: builders, the publisher, the sweep, and the epoch.

Nothing else writes published records. Records are read in one transaction together with their versions, whose rows are
locked meanwhile, and written only if newer, so that two publishers never undo each other; then the change feed names
them.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import redis
import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, F, Max, OuterRef, Q, Subquery, Sum

from audit.models import PublishedRecord
from audit.valkey import valkey
from contract import valkey_keys
from contract.publications import Publication, publication
from contract.records import Record
from contract.scripts import PUBLISH

log = structlog.get_logger(__name__)
Name = tuple[str, str]
Builder = Callable[[str], Record | None]
_builders: dict[str, Builder] = {}
BATCH_RECORDS = 25
"""Built under one lock: more would keep SQLite's writers waiting."""
SWEEP_LIMIT = 1000
PAUSE_SECONDS = 0.1


def register(kind: str, build: Builder) -> None:
    """Say how records of `kind` are built from the database; None is a tombstone. Called in AppConfig.ready()."""
    _builders[kind] = build


def publish(names: Iterable[Name]) -> int:
    """Publish records by name and return how many. A lost Valkey is logged, not raised: the sweep repeats it."""
    published = 0
    try:
        for number, batch in enumerate(_batches(names)):
            if number:
                _let_others_in()
            published += _publish_batch(batch)
    except redis.RedisError as error:
        log.warning("publish_postponed", error=type(error).__name__)
    return published


def _let_others_in() -> None:
    """SQLite's waiting writers look again at most every 100 ms: without a pause many batches would shut them out, and
    with them a revocation. PostgreSQL's wait for our rows only."""
    if connection.vendor == "sqlite":
        time.sleep(PAUSE_SECONDS)


def sweep() -> int:
    """Publish what commits have left unpublished; returns how many records."""
    waiting = PublishedRecord.objects.filter(published_version__lt=F("version"))
    return publish(list(waiting.order_by("id").values_list("kind", "record_id")[:SWEEP_LIMIT]))


def republish() -> int:
    """Write every record anew and mark the data set complete with a fresh epoch. Raises redis.RedisError."""
    run_id = server_run_id()
    published = sum(_publish_batch(batch) for batch in _batches(_all_names()))
    valkey().set(valkey_keys.EPOCH, f"{secrets.token_hex(8)}:{run_id}")
    _wake_gateways()
    return published


def _wake_gateways() -> None:
    """They look at the epoch whenever the feed says something: an entry about nothing spares them the wait."""
    valkey().xadd(valkey_keys.FEED, {"n": "epoch:", "v": 0}, maxlen=valkey_keys.FEED_MAX_LENGTH, approximate=True)


def _all_names() -> Iterator[Name]:
    """By the database's number, page by page: no cursor stays open while records are published."""
    last = 0
    while page := list(PublishedRecord.objects.filter(id__gt=last).order_by("id")[:SWEEP_LIMIT]):
        yield from ((row.kind, row.record_id) for row in page)
        last = page[-1].pk


def _batches(names: Iterable[Name]) -> Iterator[list[Name]]:
    waiting = iter(names)
    while batch := list(islice(waiting, BATCH_RECORDS)):
        yield batch


def _publish_batch(names: Sequence[Name]) -> int:
    with transaction.atomic():
        built = [(row, found) for row in _lock(names) if (found := _build(row)) is not None]
    _write(built)
    with transaction.atomic():
        for row, _ in built:
            _note_published(row)
    return len(built)


def _lock(names: Sequence[Name]) -> list[PublishedRecord]:
    """Locked in the order in which writers lock them. A writer that has changed rows but not yet its version is not
    committed and cannot commit before we let go: so what is read below belongs to the version."""
    wanted = Q()
    for kind in {kind for kind, _ in names}:
        wanted |= Q(kind=kind, record_id__in=[record_id for other, record_id in names if other == kind])
    return list(PublishedRecord.objects.select_for_update().filter(wanted).order_by("kind", "record_id"))


def _build(row: PublishedRecord) -> Publication | None:
    """None for a record that cannot be built: it must not hold up the others' revocations."""
    try:
        return publication(row.kind, row.record_id, row.version, _builders[row.kind](row.record_id))
    except DatabaseError:
        raise
    except Exception:
        log.exception("record_unpublishable", kind=row.kind, record=_shown(row))
        return None


def _shown(row: PublishedRecord) -> str:
    """A secret's record is named by its digest, which is nobody's business."""
    return row.record_id[:8] if row.kind == "secret" else row.record_id


def _write(built: Iterable[tuple[PublishedRecord, Publication]]) -> None:
    pipeline = valkey().pipeline(transaction=False)
    for row, (keys, arguments) in built:
        pipeline.eval(PUBLISH.text, len(keys), *keys, *arguments)
        entry: dict[str, str | int] = {"n": f"{row.kind}:{row.record_id}", "v": row.version}
        pipeline.xadd(valkey_keys.FEED, entry, maxlen=valkey_keys.FEED_MAX_LENGTH, approximate=True)  # type: ignore[arg-type]
    pipeline.execute()


def _note_published(row: PublishedRecord) -> None:
    if row.published_version < row.version:
        mine = PublishedRecord.objects.filter(pk=row.pk, published_version__lt=row.version)
        mine.update(published_version=row.version)


def number_of(kind: str) -> Subquery:
    """For queries of what has a `public_id`: the number of its published record, which every write to it raises."""
    rows = PublishedRecord.objects.filter(kind=kind, record_id=OuterRef("public_id"))
    return Subquery(rows.values("version")[:1])


def state_of(*kinds: str) -> tuple[object, ...]:
    """Something that every write to a record of the kinds changes. One query."""
    rows = PublishedRecord.objects.filter(kind__in=kinds)
    return tuple(rows.aggregate(Sum("version"), Count("id"), Max("record_id")).values())


def is_published(kind: str, record_id: str) -> bool:
    """Whether the gateways were told of the record's newest version."""
    return not PublishedRecord.objects.filter(
        kind=kind, record_id=record_id, published_version__lt=F("version")
    ).exists()


def is_complete() -> bool:
    """Whether Valkey holds a complete data set written under its present run. Raises redis.RedisError."""
    epoch = valkey().get(valkey_keys.EPOCH)
    return epoch is not None and epoch.decode().partition(":")[2] == server_run_id()


def server_run_id() -> str:
    """Valkey's run id: it changes with every restart, after which the last second of writes may be missing."""
    return str(valkey().info("server")["run_id"])


def forget(kind: str, record_ids: Iterable[str]) -> None:
    """Drop records that nobody asks for any more, instead of leaving tombstones for ever. Raises redis.RedisError."""
    names = list(record_ids)
    for start in range(0, len(names), SWEEP_LIMIT):
        some = names[start : start + SWEEP_LIMIT]
        valkey().delete(*(valkey_keys.record(kind, record_id) for record_id in some))
        PublishedRecord.objects.filter(kind=kind, record_id__in=some).delete()
