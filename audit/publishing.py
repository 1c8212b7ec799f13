"""From the database to the gateways: builders, the publisher, the sweep, and the epoch.

Nothing else writes published records. A record is read in one transaction together with its version and written only
if newer, so that two publishers never undo each other; then the change feed names it.
"""

import secrets
from collections.abc import Callable, Iterable

import redis
import structlog
from django.db import transaction
from django.db.models import F

from audit.models import PublishedRecord
from audit.valkey import valkey
from contract import valkey_keys
from contract.records import Record, encode_record
from contract.scripts import PUBLISH

log = structlog.get_logger(__name__)
Builder = Callable[[str], Record | None]
_builders: dict[str, Builder] = {}
SWEEP_LIMIT = 1000


def register(kind: str, build: Builder) -> None:
    """Say how records of `kind` are built from the database; None is a tombstone. Called in AppConfig.ready()."""
    _builders[kind] = build


def publish(names: Iterable[tuple[str, str]]) -> int:
    """Publish records by name and return how many. A lost Valkey is logged, not raised: the sweep repeats it."""
    published = 0
    try:
        for kind, record_id in names:
            _publish_one(kind, record_id)
            published += 1
    except redis.RedisError as error:
        log.warning("publish_postponed", error=type(error).__name__)
    return published


def sweep() -> int:
    """Publish what commits have left unpublished; returns how many records."""
    waiting = PublishedRecord.objects.filter(published_version__lt=F("version"))
    return publish(list(waiting.order_by("id").values_list("kind", "record_id")[:SWEEP_LIMIT]))


def _publish_one(kind: str, record_id: str) -> None:
    with transaction.atomic():
        row = PublishedRecord.objects.select_for_update().get(kind=kind, record_id=record_id)
        stored = encode_record(row.version, _builders[kind](record_id))
    _write(kind, record_id, row.version, stored)
    PublishedRecord.objects.filter(pk=row.pk, published_version__lt=row.version).update(published_version=row.version)


def _write(kind: str, record_id: str, version: int, stored: bytes) -> None:
    client = valkey()
    client.eval(PUBLISH.text, 1, valkey_keys.record(kind, record_id), version, stored)
    entry = {"n": f"{kind}:{record_id}", "v": version}
    client.xadd(valkey_keys.FEED, entry, maxlen=valkey_keys.FEED_MAX_LENGTH, approximate=True)


def republish() -> int:
    """Write every record anew and mark the data set complete with a fresh epoch. Raises redis.RedisError."""
    run_id = server_run_id()
    names = list(PublishedRecord.objects.order_by("id").values_list("kind", "record_id"))
    for kind, record_id in names:
        _publish_one(kind, record_id)
    valkey().set(valkey_keys.EPOCH, f"{secrets.token_hex(8)}:{run_id}")
    return len(names)


def is_complete() -> bool:
    """Whether Valkey holds a complete data set written under its present run. Raises redis.RedisError."""
    epoch = valkey().get(valkey_keys.EPOCH)
    return epoch is not None and epoch.decode().partition(":")[2] == server_run_id()


def server_run_id() -> str:
    """Valkey's run id: it changes with every restart, after which the last second of writes may be missing."""
    return str(valkey().info("server")["run_id"])
