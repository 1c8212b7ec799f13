"""The clinic in memory: three tables and the rule that nobody is in two places at once."""

import secrets
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, Protocol, TypeVar

from demo.upstream.draw import ID_ALPHABET
from demo.upstream.records import Appointment, Patient, Practitioner

SLOT_MINUTES = 30
OPENING = time(8, tzinfo=UTC)
SLOTS_A_DAY = 16


class Identified(Protocol):
    @property
    def id(self) -> str: ...


Row = TypeVar("Row", bound=Identified)


class TableFull(Exception):
    """The table holds as many rows as it may."""


class Table(Generic[Row]):
    """Rows in the order of their making; none is ever removed, so that a position stays what it was."""

    def __init__(self, prefix: str, max_rows: int) -> None:
        self.rows: list[Row] = []
        self._prefix = prefix
        self._max_rows = max_rows
        self._positions: dict[str, int] = {}

    def get(self, row_id: str) -> Row | None:
        position = self._positions.get(row_id)
        return None if position is None else self.rows[position]

    def add(self, row: Row) -> None:
        """Raises ``TableFull``, and ``ValueError`` when the id is taken."""
        if len(self.rows) >= self._max_rows:
            raise TableFull(self._prefix)
        if row.id in self._positions:
            raise ValueError(f"{row.id} is taken")
        self._positions[row.id] = len(self.rows)
        self.rows.append(row)

    def replace(self, row: Row) -> None:
        self.rows[self._positions[row.id]] = row

    def new_id(self) -> str:
        while True:
            candidate = self._prefix + "".join(secrets.choice(ID_ALPHABET) for _ in range(5))
            if candidate not in self._positions:
                return candidate


class Clinic:
    def __init__(self) -> None:
        self.practitioners: Table[Practitioner] = Table("prc_", 24)
        self.patients: Table[Patient] = Table("pat_", 10_000)
        self.appointments: Table[Appointment] = Table("apt_", 20_000)

    def practitioner(self, number: int) -> Practitioner:
        return self.practitioners.rows[number - 1]

    def conflict(self, wanted: Appointment) -> Appointment | None:
        """The appointment that already holds a part of the wanted time of the practitioner, if any."""
        if wanted.status == "cancelled":
            return None
        return next((other for other in self._active(wanted.practitioner) if _overlap(wanted, other)), None)

    def free_slots(self, number: int, first_day: date, days: int) -> list[datetime]:
        """Starts of free half hours in opening hours, Monday to Friday."""
        taken = [(booked.start, booked.end) for booked in self._active(number)]
        return [
            slot
            for day in range(days)
            for slot in _opening_slots(first_day + timedelta(days=day))
            if not any(start < slot + timedelta(minutes=SLOT_MINUTES) and slot < end for start, end in taken)
        ]

    def _active(self, number: int) -> list[Appointment]:
        return [row for row in self.appointments.rows if row.practitioner == number and row.status != "cancelled"]


def _overlap(one: Appointment, other: Appointment) -> bool:
    return one.id != other.id and one.start < other.end and other.start < one.end


def _opening_slots(day: date) -> list[datetime]:
    if day.weekday() >= 5:
        return []
    opening = datetime.combine(day, OPENING)
    return [opening + timedelta(minutes=SLOT_MINUTES * index) for index in range(SLOTS_A_DAY)]
