"""All restrictions in memory: loaded whole, then one by one as the change feed names them.

Every gateway holds every restriction, because one that is not in memory cannot refuse. Until all are loaded, and while
one of them cannot be read, nothing is admitted.
"""

import heapq
from collections.abc import Callable, Sequence

from contract.records import Restriction, decode_record
from contract.restrictions import Facts
from contract.valkey_keys import RESTRICTIONS, record
from gateway.restriction_index import RestrictionIndex
from gateway.valkey_link import ValkeyLink

_PAGE = 500
_ENDED_KEPT_MS = 3_600_000


class Restrictions:
    """`generation` grows with every change. `report` gets one line for the operator where a record cannot be read."""

    def __init__(self, report: Callable[[str], None], now_ms: Callable[[], int]) -> None:
        self._report = report
        self._now_ms = now_ms
        self._index = RestrictionIndex()
        self._unreadable: set[str] = set()
        self._endings: list[tuple[int, str]] = []
        self.is_loaded = False
        self.generation = 0

    def __len__(self) -> int:
        return len(self._index)

    @property
    def is_whole(self) -> bool:
        """Whether everything that may refuse is in memory."""
        return self.is_loaded and not self._unreadable

    def find(self, facts: Facts) -> tuple[Restriction, ...]:
        """Those that select a call, whether or not they are in force."""
        return self._index.find(facts)

    def forget(self) -> None:
        """Let all be loaded anew; until then those in memory are not all there may be."""
        self.is_loaded = False

    async def load_all(self, link: ValkeyLink) -> None:
        """Read all that are not lifted; they replace what is in memory at once. Raises LinkLost, hiredis.ReplyError."""
        fresh = Restrictions(self._report, self._now_ms)
        await fresh.load(link, [one.decode() for one in await link.ask("ZRANGE", RESTRICTIONS, 0, -1)])
        self._index, self._unreadable, self._endings = fresh._index, fresh._unreadable, fresh._endings
        self.is_loaded = True
        self.generation += 1

    async def load(self, link: ValkeyLink, ids: Sequence[str]) -> None:
        """Read some anew: they have changed. Raises LinkLost, hiredis.ReplyError."""
        for at in range(0, len(ids), _PAGE):
            page = ids[at : at + _PAGE]
            texts = await link.ask("MGET", *(record("restriction", one) for one in page))
            for restriction_id, text in zip(page, texts, strict=True):
                self._take(restriction_id, text)
            self.generation += 1
        self._drop_ended()

    def _take(self, restriction_id: str, text: bytes | None) -> None:
        self._unreadable.discard(restriction_id)
        try:
            body = _read(restriction_id, text)
        except ValueError:
            self._report(f"restriction {restriction_id}: unreadable record")
            self._unreadable.add(restriction_id)
            return
        if body is None:
            self._index.remove(restriction_id)
            return
        self._index.put(body)
        if body.ends_at_ms is not None:
            heapq.heappush(self._endings, (body.ends_at_ms, restriction_id))

    def _drop_ended(self) -> None:
        """Forget those that ended a while ago, unless their end was moved."""
        before_ms = self._now_ms() - _ENDED_KEPT_MS
        while self._endings and self._endings[0][0] < before_ms:
            ends_at_ms, restriction_id = heapq.heappop(self._endings)
            known = self._index.get(restriction_id)
            if known is not None and known.ends_at_ms == ends_at_ms:
                self._index.remove(restriction_id)


def _read(restriction_id: str, text: bytes | None) -> Restriction | None:
    """None for one that is lifted. Raises ValueError."""
    body: Restriction | None = decode_record("restriction", text).body if text is not None else None
    if body is not None and body.id != restriction_id:
        raise ValueError("the record of another")
    return body
