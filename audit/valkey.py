"""The control plane's one Valkey client."""

from functools import cache

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from contract.settings import settings

TIMEOUT_SECONDS = 2.0


class ValkeyMissing(redis.ConnectionError):
    """No address is configured and no embedded Valkey was ever started."""


def valkey() -> redis.Redis:
    """A client of this process's pool. Raises ValkeyMissing (a redis.ConnectionError)."""
    url = settings().valkey_url
    if not url:
        raise ValkeyMissing("REDIS_URL is not set and no embedded Valkey has been started")
    return _client(url)


@cache
def _client(url: str) -> redis.Redis:
    """One retry at once, for a pooled connection that died; waiting longer is for the worker, not for requests."""
    return redis.Redis.from_url(
        url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )
