"""How often one person may call from the documentation, whatever the plan would let through."""

import time

from django.core.cache import cache

from accounts.models import User

MOST_CALLS_A_MINUTE = 30


def take_turn(user: User) -> bool:
    """Whether this call is still within the minute's. Two commands to Valkey."""
    name = f"tries:{user.pk}:{int(time.time()) // 60}"
    cache.add(name, 0, timeout=120)
    return int(cache.incr(name)) <= MOST_CALLS_A_MINUTE
