"""What still answers: the database, Valkey, the gateways, and how far the worker is behind. Each look is cheap."""

import threading
from typing import NamedTuple

import redis
from django.db import Error as DatabaseError
from django.db import connection
from django.db.models import F

from audit.models import PublishedRecord
from audit.valkey import valkey
from contract import valkey_keys

ANSWERS_WITHIN_SECONDS = 3.0
_look = threading.Lock()
FORGOTTEN_AFTER_SECONDS = 3600
"""A gateway that has been silent for so long is taken to be gone, not down."""


class Gateways(NamedTuple):
    """How many gateways beat, and how many have stopped within the hour."""

    answering: int
    silent: int


def database_answers() -> bool:
    """Whether a query comes back in time. A server that hangs costs one thread, however often it is asked."""
    if connection.vendor == "sqlite":
        return _query_returns()
    if not _look.acquire(timeout=ANSWERS_WITHIN_SECONDS):
        return False
    answered = threading.Event()
    thread = threading.Thread(target=_look_apart, args=(answered,), daemon=True)
    thread.start()
    return answered.wait(ANSWERS_WITHIN_SECONDS)


def _look_apart(answered: threading.Event) -> None:
    """On a connection of its own: the next look must not find a broken one."""
    try:
        if _query_returns():
            answered.set()
    finally:
        connection.close()
        _look.release()


def _query_returns() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def valkey_answers() -> bool:
    """Whether Valkey answers a ping."""
    try:
        return bool(valkey().ping())
    except redis.RedisError:
        return False


def gateways() -> Gateways | None:
    """The gateways by their heartbeats, on Valkey's clock; None while Valkey does not answer."""
    try:
        seconds, _ = valkey().time()
        beats = valkey().zrange(valkey_keys.GATEWAYS, 0, -1, withscores=True)
    except redis.RedisError:
        return None
    ages = [seconds - beat_ms / 1000 for _, beat_ms in beats]
    answering = sum(age <= valkey_keys.GATEWAY_DEAD_AFTER_SECONDS for age in ages)
    return Gateways(answering, sum(age <= FORGOTTEN_AFTER_SECONDS for age in ages) - answering)


def unpublished_changes() -> int:
    """Records that have changed and that Valkey does not hold yet."""
    return PublishedRecord.objects.filter(published_version__lt=F("version")).count()
