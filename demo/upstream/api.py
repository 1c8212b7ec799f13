"""One version of the API over the clinic: how it shows rows, with every shown row kept encoded."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, Generic, NamedTuple

from demo.upstream.clinic import Clinic, Row
from demo.upstream.pages import Page
from demo.upstream.records import Appointment
from demo.upstream.replies import Reply, encoded


class Call(NamedTuple):
    """``row_id`` is the id in the path, ``""`` where the path has none."""

    row_id: str
    query: str
    content_type: str
    body: bytes


class Fragments(Generic[Row]):
    """Encoded rows. Rows are replaced, not changed: a kept fragment is current while its row is the same object."""

    def __init__(self, show: Callable[[Row], Any]) -> None:
        self._show = show
        self._kept: dict[str, tuple[Row, bytes]] = {}

    def of(self, row: Row) -> bytes:
        kept = self._kept.get(row.id)
        if kept is not None and kept[0] is row:
            return kept[1]
        fragment = encoded(self._show(row))
        self._kept[row.id] = (row, fragment)
        return fragment


class Api:
    """``version`` is the module ``v1`` or ``v2``."""

    def __init__(self, clinic: Clinic, version: ModuleType) -> None:
        self.clinic = clinic
        self.version = version
        self.practitioners = Fragments(version.show_practitioner)
        self.patients = Fragments(version.show_patient)
        self.appointments: Fragments[Appointment] = Fragments(self._show_appointment)

    def _show_appointment(self, row: Appointment) -> Any:
        return self.version.show_appointment(row, self.clinic.practitioner(row.practitioner))


def listing(page: Page, fragments: Fragments[Any]) -> Reply:
    name, value = page.next
    rows = b",".join(map(fragments.of, page.rows))
    rest = encoded({"has_more": value is not None, name: value})
    return Reply(200, b'{"data":[' + rows + b"]," + rest[1:])
