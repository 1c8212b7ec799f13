"""Follow the change feed: drop what it names, report how far we are, and know for how long memory may be trusted.

The lease runs from the moment a question was sent that Valkey then answered. Connecting alone renews it only where
nothing waits to be read, so that a link that keeps breaking cannot keep old records alive. While the lease is out, or
the epoch is missing or was written under another server run, nothing is admitted.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import hiredis

from contract.valkey_keys import EPOCH, FEED, RECEIPTS, RECEIPTS_MAX_LENGTH
from gateway.clock import Clock
from gateway.records_cache import RecordsCache
from gateway.restrictions import Restrictions
from gateway.valkey_link import Address, LinkLost, ValkeyLink

_BLOCK_MS = 1000
_ENTRIES_MAX = 1000
#: Any other error means that the feed cannot be read, not that there is none.
_NO_STREAM = "no such key"


class Feed:
    """One connection of its own, because reading blocks. `position` is the id of the last entry applied."""

    def __init__(
        self,
        address: Address,
        cache: RecordsCache,
        restrictions: Restrictions,
        *,
        gateway: str,
        clock: Clock,
        lease_seconds: float,
        reply_seconds: float,
        report: Callable[[tuple[str | int | bytes, ...]], None],
    ) -> None:
        self.link = ValkeyLink(address, reply_seconds=reply_seconds, on_up=self._join)
        self._cache = cache
        self._restrictions = restrictions
        self._gateway = gateway
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._report = report
        self._run_id = b""
        self._lease_until = time.monotonic()
        self._has_read_all = False
        self.position = b""

    def is_trusted(self, now: float) -> bool:
        """Whether memory may be trusted at `now` (time.monotonic())."""
        return now < self._lease_until and self._cache.epoch is not None and self._restrictions.is_whole

    def age_seconds(self, now: float) -> float:
        """Time since memory was known to be what Valkey held; `now` is time.monotonic()."""
        return now - (self._lease_until - self._lease_seconds)

    async def run(self) -> None:
        """Keep following until cancelled."""
        keeping = asyncio.ensure_future(self.link.run())
        try:
            while True:
                await self.link.up.wait()
                await self._follow()
        finally:
            keeping.cancel()

    async def _follow(self) -> None:
        try:
            while self.link.up.is_set():
                await self._step()
        except (LinkLost, hiredis.HiredisError):
            self.link.drop()

    async def _join(self) -> None:
        """After a connect: did we miss anything, which server run is this, is its data set complete?"""
        asked_at = time.monotonic()
        await self._find_place()
        info, epoch = await self.link.ask_many([("INFO", "server"), ("GET", EPOCH)])
        self._run_id = _run_id(info)
        await self._see_epoch(epoch)
        if self._has_read_all:
            self._lease_until = asked_at + self._lease_seconds

    async def _find_place(self) -> bool:
        """Go on where we stood. Where that is not possible forget everything, go to the feed's end, return True."""
        try:
            answer = await self.link.ask("XINFO", "STREAM", FEED)
            ends = _ends(dict(zip(answer[::2], answer[1::2], strict=True)))
        except hiredis.ReplyError as error:
            if _NO_STREAM not in str(error):
                raise
            ends = Ends(b"0-0", b"0-0", b"0-0")
        has_gap = not self.position or _has_gap(self.position, ends)
        if has_gap:
            self._forget_all()
            self.position = ends.last
        self._has_read_all = self.position == ends.last
        return has_gap

    async def _step(self) -> None:
        """One blocking read, and a look at the epoch."""
        asked_at = time.monotonic()
        read = ("XREAD", "COUNT", _ENTRIES_MAX, "BLOCK", _BLOCK_MS, "STREAMS", FEED, self.position)
        answer = await self.link.ask(*read, patience_seconds=_BLOCK_MS / 1000)
        entries = answer[0][1] if answer else []
        has_gap = len(entries) in (0, _ENTRIES_MAX) and await self._find_place()
        if entries and not has_gap:
            await self._apply(entries)
        await self._see_epoch(await self.link.ask("GET", EPOCH))
        self._lease_until = asked_at + self._lease_seconds

    async def _apply(self, entries: list[tuple[bytes, list[bytes]]]) -> None:
        """The receipt promises that what the entries name is in force, so restrictions are read before it."""
        restrictions = [one for _, fields in entries if (one := self._drop(fields))]
        if restrictions:
            await self._restrictions.load(self.link, list(dict.fromkeys(restrictions)))
        self.position = entries[-1][0]
        self._send_receipt()

    def _drop(self, fields: list[bytes]) -> str:
        """Drop the record that an entry names; the id of a restriction, which is not dropped but to be read."""
        try:
            (kind, record_id), version = _change(fields)
        except (KeyError, ValueError):
            self._forget_all()
            return ""
        if kind == "restriction":
            return record_id
        self._cache.drop((kind, record_id), version)
        return ""

    def _forget_all(self) -> None:
        self._cache.forget_all()
        self._restrictions.forget()

    def _send_receipt(self) -> None:
        stream = ("XADD", RECEIPTS, "MAXLEN", "~", RECEIPTS_MAX_LENGTH, "*")
        self._report((*stream, "g", self._gateway, "p", self.position, "at", self._clock.now_ms()))

    async def _see_epoch(self, epoch: bytes | None) -> None:
        if epoch is None or epoch.rpartition(b":")[2] != self._run_id:
            self._cache.drop_all()
            self._restrictions.forget()
            return
        if epoch != self._cache.epoch or not self._restrictions.is_loaded:
            await self._restrictions.load_all(self.link)
        if epoch != self._cache.epoch:
            self._cache.drop_all()
            self._cache.epoch = epoch
            self._send_receipt()


class Ends(NamedTuple):
    """Ids of a stream: its oldest entry, the last one ever added, the last one deleted from its middle."""

    first: bytes
    last: bytes
    deleted: bytes


def _ends(facts: dict[bytes, Any]) -> Ends:
    first = facts[b"first-entry"]
    last: bytes = facts[b"last-generated-id"]
    return Ends(first[0] if first else last, last, facts.get(b"max-deleted-entry-id", b"0-0"))


def _has_gap(position: bytes, ends: Ends) -> bool:
    """Whether an entry after `position` may be gone, unread. Trimming leaves no trace but the oldest entry's id."""
    here, last = _order(position), _order(ends.last)
    return here > last or _order(ends.deleted) > here or (here < last and _order(ends.first) > here)


def _change(fields: list[bytes]) -> tuple[tuple[str, str], int]:
    """The record that a feed entry names and its new version. Raises KeyError or ValueError."""
    facts = dict(zip(fields[::2], fields[1::2], strict=True))
    kind, _, record_id = facts[b"n"].decode().partition(":")
    return (kind, record_id), int(facts[b"v"])


def _run_id(info: bytes) -> bytes:
    for line in info.splitlines():
        if line.startswith(b"run_id:"):
            return line.removeprefix(b"run_id:")
    return b""


def _order(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, sequence = entry_id.partition(b"-")
    return int(milliseconds), int(sequence or 0)
