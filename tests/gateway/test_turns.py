"""What one turn of the event loop asks of Valkey."""

import asyncio
from typing import Any

import hiredis

from gateway.turn_batch import TurnBatch
from gateway.valkey_link import LinkLost, ValkeyLink, read_address


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def abort(self) -> None:
        """Nothing is left to do."""


async def nothing() -> None:
    """The link needs no more to be ready."""


def connected() -> tuple[ValkeyLink, Wire]:
    link, wire = ValkeyLink(read_address("redis://127.0.0.1:1"), reply_seconds=1, on_up=nothing), Wire()
    link.connection_made(wire)
    return link, wire


async def turns() -> None:
    """Enough for whatever was put off to run."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_all_slots_and_batches_of_a_turn_leave_in_one_write_in_their_order() -> None:
    link, wire = connected()
    asked = TurnBatch[str](link, lambda slot, items: link.send(("ASK", slot, *items), print), 2)
    ended = TurnBatch[str](link, lambda slot, items: link.send(("END", slot, *items), print), 2)
    for slot, item in ((7, "a"), (8, "b"), (7, "c"), (7, "d")):
        asked.add(slot, item)
    ended.add(8, "e")
    await turns()
    commands = [("ASK", 7, "a", "c"), ("ASK", 7, "d"), ("ASK", 8, "b"), ("END", 8, "e")]
    assert wire.writes == [b"".join(hiredis.pack_command(command) for command in commands)]
    link.send(("PING",), print)
    assert wire.writes[1:] == [hiredis.pack_command(("PING",))], "alone, at once"


async def test_what_ends_calls_while_a_turn_is_sent_leaves_with_it() -> None:
    link, wire = connected()
    ended = TurnBatch[str](link, lambda slot, items: link.send(("END", slot, *items), print), 2)
    asked = TurnBatch[str](link, lambda slot, items: ended.add(slot, "undone"), 2)
    asked.add(1, "a")
    await turns()
    assert wire.writes == [hiredis.pack_command(("END", 1, "undone"))]


async def test_a_batch_that_cannot_be_sent_keeps_no_other_back() -> None:
    link, wire = connected()
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    broken = TurnBatch[str](link, lambda slot, items: link.send(({},), print), 2)  # type: ignore[arg-type]
    sound = TurnBatch[str](link, lambda slot, items: link.send(("END", slot), print), 2)
    broken.add(1, "a")
    sound.add(2, "b")
    await turns()
    assert wire.writes == [hiredis.pack_command(("END", 2))]
    assert len(complaints) == 1
    replies: list[object] = []
    link.send(("PING",), replies.append)
    link.data_received(b":1\r\n+PONG\r\n")
    assert replies == [b"PONG"], "what was never sent awaits no reply"


async def test_a_link_that_is_lost_in_the_middle_of_a_turn_fails_all_of_it() -> None:
    link, wire = connected()
    replies: list[object] = []
    first = TurnBatch[str](link, lambda slot, items: link.send(("ASK", slot), replies.append), 2)
    then = TurnBatch[str](link, lambda slot, items: link.drop(), 2)
    last = TurnBatch[str](link, lambda slot, items: link.send(("ASK", slot), replies.append), 2)
    for batch in (first, then, last):
        batch.add(1, "a")
    await turns()
    assert [type(reply) for reply in replies] == [LinkLost, LinkLost]
    assert wire.writes == []
