"""How much of its quotas an application has spent, as the gateways count: from Valkey, in the same windows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import redis

from audit.valkey import valkey
from catalog.records import to_ms
from contract.valkey_keys import counter, slot_of
from contract.windows import Window, window_at
from plans.models import Limit, Subscription


class QuotaUse(NamedTuple):
    """`spent` counts admitted calls; None where the counters cannot be read now."""

    subscription: Subscription
    limit: Limit
    environment: str
    starts_at: datetime
    ends_at: datetime
    spent: int | None

    @property
    def left(self) -> int | None:
        """Calls until the quota is used up; a plan may have shrunk below what is spent."""
        return None if self.spent is None else max(0, self.limit.amount - self.spent)


def quotas_spent(subscriptions: Sequence[Subscription], environments: Sequence[str], now: datetime) -> list[QuotaUse]:
    """One round trip to Valkey. The subscriptions' plans are best prefetched with their limits."""
    now_ms = to_ms(now) or 0
    asked = [
        (subscription, limit, environment, _window(limit, subscription, now_ms))
        for subscription in subscriptions
        for limit in subscription.plan.limits.all()
        if limit.kind == "quota"
        for environment in environments
    ]
    spent = _read([_key(subscription, limit, env, window) for subscription, limit, env, window in asked])
    return [
        QuotaUse(subscription, limit, environment, _moment(window.start_ms), _moment(window.end_ms), count)
        for (subscription, limit, environment, window), count in zip(asked, spent, strict=True)
    ]


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _window(limit: Limit, subscription: Subscription, now_ms: int) -> Window:
    anchor_ms = to_ms(subscription.started_at) or 0 if limit.anchored else 0
    return window_at(limit.window, now_ms, anchor_ms)  # type: ignore[arg-type]


def _key(subscription: Subscription, limit: Limit, environment: str, window: Window) -> str:
    slot = slot_of(subscription.application.organisation_id)
    return f"{counter(slot, f'{subscription.public_id}:{environment}', limit.name)}:{window.start_ms}"


def _read(keys: list[str]) -> Sequence[int | None]:
    try:
        # One by one in a pipeline: keys of several slots are no MGET on a cluster.
        with valkey().pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.get(key)
            return [int(found or 0) for found in pipe.execute()] if keys else []
    except redis.RedisError:
        return [None] * len(keys)
