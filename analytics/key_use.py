"""Who calls with a key, and with which of its secrets."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from analytics.models import Call

NEWEST_CALLS = 5000
"""Enough to see who calls, few enough to be read for each page."""
MOST_CALLERS = 8
IDLE_AFTER = timedelta(minutes=60)
Row = tuple[str, datetime, str, str]


class Caller(NamedTuple):
    """A program at an address, its number of calls and its newest."""

    address: str
    user_agent: str
    calls: int
    last_at: datetime


class SecretUse(NamedTuple):
    """Calls with one secret; `callers` are the busiest. `last_at` is None without a call."""

    calls: int
    last_at: datetime | None
    callers: list[Caller]


class KeyUse:
    """The newest calls of a key, at most NEWEST_CALLS. `reaches_back_to` is how far they tell the whole truth."""

    def __init__(self, rows: list[Row], since: datetime) -> None:
        self._rows = rows
        self.is_cut = len(rows) == NEWEST_CALLS
        self.reaches_back_to = rows[-1][1] if self.is_cut else since

    def of_secret(self, secret: str) -> SecretUse:
        """The use of one of its secrets, by public id."""
        return _use([row for row in self._rows if row[0] == secret])

    def of_all(self) -> SecretUse:
        """The use of the key, whichever secret it was."""
        return _use(self._rows)

    def is_idle(self, secret: str, now: datetime) -> bool:
        """Whether a secret has certainly not been used for an hour; False while the calls do not reach back so far."""
        last = self.of_secret(secret).last_at
        edge = now - IDLE_AFTER
        return self.reaches_back_to <= edge and (last is None or last <= edge)


def use_of_key(credential: str, since: datetime) -> KeyUse:
    """One query."""
    calls = Call.objects.filter(credential=credential, at__gte=since).order_by("-at", "-id")[:NEWEST_CALLS]
    return KeyUse(list(calls.values_list("secret", "at", "address", "user_agent")), since)


def _use(rows: Iterable[Row]) -> SecretUse:
    """Rows are the newest first."""
    callers: dict[tuple[str, str], Caller] = {}
    newest, number = None, 0
    for _, at, address, user_agent in rows:
        newest, number = newest or at, number + 1
        known = callers.get((address, user_agent))
        callers[address, user_agent] = Caller(
            address, user_agent, known.calls + 1 if known else 1, known.last_at if known else at
        )
    busiest = sorted(callers.values(), key=lambda caller: (-caller.calls, caller.address, caller.user_agent))
    return SecretUse(number, newest, busiest[:MOST_CALLERS])
