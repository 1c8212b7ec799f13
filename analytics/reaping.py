"""What dead gateways leave open becomes rows with outcome unknown, never nothing."""

from audit.valkey import valkey
from contract import valkey_keys
from contract.scripts import REAP
from contract.valkey_keys import SLOTS

PAGE_CALLS = 500


def reap_dead_gateways() -> int:
    """Move open calls of silent gateways into the call streams and return how many. Raises redis.RedisError."""
    if _just_started():
        return 0
    alive = _alive_gateways()
    return sum(_reap_slot(slot, alive) for slot in _occupied_slots())


def _just_started() -> bool:
    """Until every gateway has had the time to be heard again, silence says nothing."""
    return int(valkey().info("server")["uptime_in_seconds"]) < valkey_keys.GATEWAY_DEAD_AFTER_SECONDS


def _alive_gateways() -> list[bytes]:
    seconds, microseconds = valkey().time()
    oldest_ms = (seconds - valkey_keys.GATEWAY_DEAD_AFTER_SECONDS) * 1000 + microseconds // 1000
    return list(valkey().zrangebyscore(valkey_keys.GATEWAYS, oldest_ms, "+inf"))


def _occupied_slots() -> list[int]:
    """One round trip for all slots."""
    asking = valkey().pipeline(transaction=False)
    for slot in range(SLOTS):
        asking.exists(valkey_keys.open_calls(slot))
    return [slot for slot, is_open in enumerate(asking.execute()) if is_open]


def _reap_slot(slot: int, alive: list[bytes]) -> int:
    keys = [valkey_keys.open_calls(slot), valkey_keys.call_stream(slot)]
    cursor, reaped = b"0", 0
    while True:
        cursor, moved = valkey().eval(REAP.text, len(keys), *keys, cursor, PAGE_CALLS, *alive)
        reaped += moved
        if cursor == b"0":
            return reaped
