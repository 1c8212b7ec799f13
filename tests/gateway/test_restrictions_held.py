"""Every gateway holds every restriction before it admits anything, whatever it has missed."""

import time
from typing import Any

from contract.publications import publication
from contract.records import Restriction, encode_record
from contract.restrictions import Facts
from contract.scripts import PUBLISH
from contract.valkey_keys import FEED, RESTRICTIONS, record
from gateway.restrictions import Restrictions
from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.valkey_process import ValkeyProcess
from tests.gateway.waiting import until

PATH = "/clinic/v1/practitioners"
ANYBODY = Facts(*[""] * 10, 0)


async def status_of(gateway: GatewayProcess, key: str) -> int:
    """Of one call; 0 where nobody listens yet."""
    try:
        return (await gateway.get(PATH, key)).status
    except OSError:
        return 0


async def status_becomes(gateway: GatewayProcess, key: str, wanted: int, *never: int) -> None:
    """Call until the wanted status comes; some others may not come before."""
    began = time.monotonic()
    while (status := await status_of(gateway, key)) != wanted:
        assert status not in never
        assert time.monotonic() - began < 15, f"still {status}"


async def test_a_gateway_that_starts_later_refuses_from_its_first_call(
    scene: Scene, valkey_process: ValkeyProcess
) -> None:
    key, sister = scene.new_key(), scene.new_key()
    for number in range(700):
        scene.restrict(f"rst_{number}", credential=f"another_{number}")
    scene.restrict(credential=key[-8:])
    scene.restrict("rst_lifted", credential=sister[-8:])
    scene.lift("rst_lifted")
    process = GatewayProcess(valkey_process.url)
    try:
        await status_becomes(process, key, 403, 200)
        assert (await process.get(PATH, sister)).status == 200
    finally:
        process.close()


async def test_what_the_feed_lost_is_read_anew(gateway: GatewayProcess, scene: Scene) -> None:
    key = scene.new_key()
    assert (await gateway.get(PATH, key)).status == 200
    keys, arguments = publication("restriction", "rst_1", 1, Restriction("rst_1", "block", "R-1"))
    client = scene.publisher.client
    client.eval(PUBLISH.text, len(keys), *keys, *arguments)
    client.delete(FEED)
    await status_becomes(gateway, key, 403)


async def test_a_new_data_set_brings_its_own_restrictions(gateway: GatewayProcess, scene: Scene) -> None:
    key = scene.new_key()
    position = scene.restrict()
    await until(lambda: scene.publisher.is_applied(position))
    assert (await gateway.get(PATH, key)).status == 403
    client = scene.publisher.client
    kept = {name: client.get(name) for name in client.scan_iter("pc:r:*")}
    client.flushall()
    await status_becomes(gateway, key, 503)
    client.mset(kept)
    scene.restrict("rst_2", credential="another")
    scene.publisher.open_epoch()
    await status_becomes(gateway, key, 200, 403)


async def test_while_one_cannot_be_read_nothing_is_admitted(gateway: GatewayProcess, scene: Scene) -> None:
    key = scene.new_key()
    assert (await gateway.get(PATH, key)).status == 200
    client = scene.publisher.client
    client.set(record("restriction", "rst_1"), b'7 {"id":"rst_1","how":"vanish","reference":"R-1"}')
    client.zadd(RESTRICTIONS, {"rst_1": "+inf"})
    position = client.xadd(FEED, {"n": "restriction:rst_1", "v": 7})
    await until(lambda: scene.publisher.is_applied(position))
    assert (await gateway.get(PATH, key)).status == 503
    assert "rst_1" in gateway.log
    client.set(record("restriction", "rst_1"), encode_record(8, None))
    client.xadd(FEED, {"n": "restriction:rst_1", "v": 8})
    await status_becomes(gateway, key, 200)


def test_a_record_and_its_place_in_the_set_move_together_and_never_back(scene: Scene) -> None:
    client = scene.publisher.client

    def publish(version: int, body: Restriction | None) -> int:
        keys, arguments = publication("restriction", "rst_1", version, body)
        written: int = client.eval(PUBLISH.text, len(keys), *keys, *arguments)
        return written

    standing = Restriction("rst_1", "block", "R-1")
    now_ms = client.time()[0] * 1000
    assert publish(2, standing) == 1
    assert client.zscore(RESTRICTIONS, "rst_1") == float("inf")
    assert publish(1, None) == 0
    assert client.zcard(RESTRICTIONS) == 1
    client.delete(RESTRICTIONS)
    assert publish(2, standing) == 0
    assert client.zcard(RESTRICTIONS) == 1
    assert publish(3, Restriction("rst_1", "block", "R-1", ends_at_ms=now_ms + 1000)) == 1
    assert client.zscore(RESTRICTIONS, "rst_1") == now_ms + 1000
    assert publish(4, None) == 1
    assert (client.zcard(RESTRICTIONS), client.get(record("restriction", "rst_1"))) == (0, b"4 null")
    assert publish(3, standing) == 0
    assert client.zcard(RESTRICTIONS) == 0
    client.zadd(RESTRICTIONS, {"rst_ended": now_ms - 3_601_000, "rst_just_ended": now_ms - 1000})
    publish(5, standing)
    assert client.zrange(RESTRICTIONS, 0, -1) == [b"rst_just_ended", b"rst_1"]


class StoredRecords:
    """Stands for the link to Valkey."""

    def __init__(self, *standing: Restriction) -> None:
        self.stored = {record("restriction", one.id): encode_record(1, one) for one in standing}
        self.ids = [one.id.encode() for one in standing]

    async def ask(self, command: str, *names: Any) -> Any:
        return self.ids if command == "ZRANGE" else [self.stored.get(name) for name in names]


async def test_those_that_ended_leave_memory_unless_their_end_was_moved() -> None:
    now_ms = 10_000_000
    held = Restrictions(lambda _: None, lambda: now_ms)
    ending = [Restriction(f"rst_{ends}", "block", "R", ends_at_ms=ends) for ends in range(1000, 2000)]
    link = StoredRecords(*ending, Restriction("rst_stays", "block", "R"))
    await held.load_all(link)  # type: ignore[arg-type]
    assert [one.id for one in held.find(ANYBODY)] == ["rst_stays"]
    now_ms = 1500
    await held.load_all(link)  # type: ignore[arg-type]
    assert len(held) == 1001
    link.stored[record("restriction", "rst_1000")] = encode_record(2, Restriction("rst_1000", "block", "R"))
    now_ms = 10_000_000
    await held.load(link, ["rst_1000"])  # type: ignore[arg-type]
    assert [one.id for one in held.find(ANYBODY)] == ["rst_1000", "rst_stays"]


async def test_the_record_of_another_id_is_not_taken() -> None:
    reported: list[str] = []
    held = Restrictions(reported.append, lambda: 0)
    link = StoredRecords(Restriction("rst_1", "block", "R"))
    link.stored[record("restriction", "rst_1")] = encode_record(1, Restriction("rst_2", "block", "R"))
    await held.load_all(link)  # type: ignore[arg-type]
    assert (held.is_loaded, held.is_whole, len(held)) == (True, False, 0)
    assert reported == ["restriction rst_1: unreadable record"]
