"""Operations on practitioners."""

from datetime import timedelta

from demo.upstream.api import Api, Call, listing
from demo.upstream.clinic import SLOT_MINUTES
from demo.upstream.generation import FIRST_DAY
from demo.upstream.names import LANGUAGES, SPECIALTIES
from demo.upstream.queries import day, one_of, read_query, whole_number
from demo.upstream.records import Practitioner
from demo.upstream.replies import Reply, encoded, not_found

MAX_DAYS = 14

_FILTERS = {"specialty": one_of(*SPECIALTIES), "language": one_of(*LANGUAGES)}
_SLOT_QUERY = {"from": day, "days": whole_number(1, MAX_DAYS)}


def list_practitioners(api: Api, call: Call) -> Reply:
    query = read_query(call.query, {**_FILTERS, **api.version.page_readers})
    specialty, language = query.get("specialty"), query.get("language")

    def keep(row: Practitioner) -> bool:
        return specialty in (None, row.specialty) and (language is None or language in row.languages)

    return listing(api.version.page(api.clinic.practitioners.rows, keep, query), api.practitioners)


def read_practitioner(api: Api, call: Call) -> Reply:
    return Reply(200, api.practitioners.of(find(api, call.row_id)))


def list_slots(api: Api, call: Call) -> Reply:
    practitioner = find(api, call.row_id)
    query = read_query(call.query, _SLOT_QUERY)
    starts = api.clinic.free_slots(practitioner.number, query.get("from", FIRST_DAY), query.get("days", 5))
    slots = [{"start": start, "end": start + timedelta(minutes=SLOT_MINUTES)} for start in starts]
    return Reply(200, encoded({"data": slots}))


def find(api: Api, practitioner_id: str) -> Practitioner:
    practitioner: Practitioner | None = api.version.find_practitioner(api.clinic, practitioner_id)
    if practitioner is None:
        raise not_found("practitioner")
    return practitioner
