"""Published records in memory: loaded on demand, dropped when the change feed names them.

A cell holds one record as it was read. Whoever joins cells keeps them and looks at `fresh` before trusting the join.
A load that comes back older than what the feed announced meanwhile is repeated; a load under another epoch than the one
we know drops everything, so that an emptied server is never taken for a set of records without our keys.
"""

import asyncio
import sys
from typing import Any

import msgspec

from contract.records import Credential, decode_record
from contract.valkey_keys import EPOCH, record
from gateway.shelves import Shelves
from gateway.valkey_link import ValkeyLink

Name = tuple[str, str]
_LOADS_MAX = 8
_ABSENT_MAX = 10_000


class Unavailable(Exception):
    """Records cannot be read right now: say 503, never 401."""


class Cell(msgspec.Struct, eq=False, gc=False):
    """A record (None: there is none) with its version; `compiled` holds what is derived from this record alone.

    There is one for each record in memory, and a struct is smaller than a class with slots.
    """

    version: int
    record: Any
    fresh: bool = True
    compiled: dict[Any, Any] | None = None


class RecordsCache:
    """`generation` grows whenever a cell goes stale."""

    def __init__(self, link: ValkeyLink, max_records: int) -> None:
        self._link = link
        self.max_records = max_records
        self._cells: Shelves[str, Cell] = Shelves(max_records)
        self._absent: Shelves[str, Cell] = Shelves(_ABSENT_MAX)
        self._loading: dict[Name, asyncio.Future[Cell]] = {}
        self._announced: dict[Name, int] = {}
        self.epoch: bytes | None = None
        self.generation = 0

    def get(self, name: Name) -> Cell | None:
        """The cell in memory, or None where it has to be loaded."""
        return self._cells.get(*name) or self._absent.get(*name)

    async def load(self, *names: Name) -> list[Cell]:
        """Cells of these names; those not in memory are read in one round. Raises Unavailable."""
        missing = [name for name in dict.fromkeys(names) if self.get(name) is None and name not in self._loading]
        if missing:
            self._start(missing)
        known = [self.get(name) or self._loading[name] for name in names]
        return [cell if isinstance(cell, Cell) else await asyncio.shield(cell) for cell in known]

    def _start(self, names: list[Name]) -> None:
        loop = asyncio.get_running_loop()
        for name in names:
            self._loading[name] = loop.create_future()
        loop.create_task(self._fetch(names)).add_done_callback(lambda task: self._settle(names, task))

    def _settle(self, names: list[Name], task: "asyncio.Task[dict[Name, Cell]]") -> None:
        failure = Unavailable() if task.cancelled() else task.exception()
        for name in names:
            future = self._loading.pop(name)
            self._announced.pop(name, None)
            if failure is None:
                future.set_result(task.result()[name])
            else:
                future.set_exception(failure)
                future.exception()

    async def _fetch(self, names: list[Name]) -> dict[Name, Cell]:
        found: dict[Name, Cell] = {}
        for _ in range(_LOADS_MAX):
            old = [name for name in names if name not in found or self._is_old(name, found[name])]
            if not old:
                return {name: self._keep(name, cell) for name, cell in found.items()}
            found.update(await self._read(old))
        raise Unavailable

    def _is_old(self, name: Name, cell: Cell) -> bool:
        return cell.version < self._announced.get(name, 0)

    async def _read(self, names: list[Name]) -> dict[Name, Cell]:
        epoch = self.epoch
        try:
            stored = await self._link.ask_many([("GET", EPOCH), *(("GET", record(*name)) for name in names)])
        except Exception as error:
            raise Unavailable from error
        if stored[0] is None or stored[0] != epoch or self.epoch != epoch:
            self.drop_all()
            raise Unavailable
        return {name: _cell(name, text) for name, text in zip(names, stored[1:], strict=True)}

    def _keep(self, name: Name, cell: Cell) -> Cell:
        # A token that was not revoked is one that was good, and a credential names who made it, also once they have
        # left: neither is a name that somebody made up.
        is_known = cell.record is not None or name[0] in ("token", "member")
        cells = self._cells if is_known else self._absent
        while len(cells) >= cells.most:
            self._forget(cells, cells.oldest())
        cells.put(*name, cell)
        return cell

    def _forget(self, cells: Shelves[str, Cell], name: Name) -> None:
        cell = cells.pop(*name)
        if cell is not None:
            cell.fresh = False
            self.generation += 1

    def discard(self, name: Name) -> None:
        """Give up a record that nobody will ask for again; whoever still holds its cell is not told of changes."""
        for cells in (self._cells, self._absent):
            cells.pop(*name)

    def drop(self, name: Name, version: int) -> None:
        """The feed says that this record has a newer version."""
        if name in self._loading:
            self._announced[name] = max(version, self._announced.get(name, 0))
        for cells in (self._cells, self._absent):
            cell = cells.get(*name)
            if cell is not None and cell.version < version:
                self._forget(cells, name)

    def drop_all(self) -> None:
        """Trust nothing any more, not even loads on their way: their epoch is not ours any more."""
        self.epoch = None
        self.forget_all()

    def forget_all(self) -> None:
        """Let every record be read anew."""
        for cells in (self._cells, self._absent):
            for cell in cells.values():
                cell.fresh = False
            cells.clear()
        self.generation += 1


def _cell(name: Name, stored: bytes | None) -> Cell:
    """Raises Unavailable where the text cannot be read: a record that we cannot read is not an absent one."""
    if stored is None:
        return Cell(0, None)
    try:
        published = decode_record(name[0], stored)
    except ValueError as error:
        raise Unavailable(f"unreadable {name[0]} record") from error
    if name[0] == "credential" and published.body is not None:
        _share_texts(published.body, name[1])
    return Cell(published.version, published.body)


def _share_texts(credential: Credential, credential_id: str) -> None:
    """There are as many of them as keys, but few applications; and who reads one holds its id already."""
    msgspec.structs.force_setattr(credential, "application", sys.intern(credential.application))
    if credential.id == credential_id:
        msgspec.structs.force_setattr(credential, "id", credential_id)
