"""Operations on appointments."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from demo.upstream import patients
from demo.upstream.api import Api, Call, listing
from demo.upstream.bodies import read_body, read_patched
from demo.upstream.clinic import TableFull
from demo.upstream.queries import Reader, day, one_of, read_query
from demo.upstream.records import Appointment
from demo.upstream.replies import Refusal, Reply, invalid, not_found

FEE = Decimal("45.00")
FIRST_YEAR, LAST_YEAR = 2000, 2100

_FILTERS: dict[str, Reader] = {
    "patient_id": str,
    "practitioner_id": str,
    "status": one_of("booked", "confirmed", "cancelled"),
    "from": day,
    "until": day,
}


def list_appointments(api: Api, call: Call) -> Reply:
    return _listed(api, read_query(call.query, {**_FILTERS, **api.version.page_readers}))


def list_patient_appointments(api: Api, call: Call) -> Reply:
    patient = patients.find(api, call.row_id)
    return _listed(api, {**read_query(call.query, api.version.page_readers), "patient_id": patient.id})


def read_appointment(api: Api, call: Call) -> Reply:
    return Reply(200, api.appointments.of(_find(api, call.row_id)))


def book_appointment(api: Api, call: Call) -> Reply:
    given = read_body(call.body, call.content_type, api.version.BookingGiven)
    if api.clinic.patients.get(given.patient_id) is None:
        raise invalid("There is no such patient.", "/patient_id")
    appointment = Appointment(
        id=api.clinic.appointments.new_id(),
        patient_id=given.patient_id,
        status="booked",
        fee=FEE,
        booked_at=datetime.now(UTC).replace(microsecond=0),
        **_times(api, given),
    )
    _check_free(api, appointment)
    try:
        api.clinic.appointments.add(appointment)
    except TableFull:
        raise Refusal(503, "full", "The sample clinic takes no more appointments; start it anew.") from None
    location = b"Location: appointments/%b\r\n" % appointment.id.encode()
    return Reply(201, api.appointments.of(appointment), headers=location)


def move_appointment(api: Api, call: Call) -> Reply:
    appointment = _find(api, call.row_id)
    shown = api.version.show_appointment(appointment, api.clinic.practitioner(appointment.practitioner))
    _, given = read_patched(call.body, call.content_type, shown, api.version.MoveGiven)
    moved = replace(appointment, **_times(api, given))
    if appointment.status == "cancelled":
        raise Refusal(409, "cancelled", "The appointment is cancelled; book a new one.")
    _check_free(api, moved)
    api.clinic.appointments.replace(moved)
    return Reply(200, api.appointments.of(moved))


def cancel_appointment(api: Api, call: Call) -> Reply:
    """Cancelling twice is the same as once."""
    api.clinic.appointments.replace(replace(_find(api, call.row_id), status="cancelled"))
    return Reply(204, b"")


def _listed(api: Api, query: dict[str, Any]) -> Reply:
    practitioner_id = query.get("practitioner_id")
    practitioner = api.version.find_practitioner(api.clinic, practitioner_id) if practitioner_id else None
    number = practitioner.number if practitioner else None
    first, last = query.get("from", date.min), query.get("until", date.max)

    def keep(row: Appointment) -> bool:
        return (
            query.get("patient_id") in (None, row.patient_id)
            and (practitioner_id is None or row.practitioner == number)
            and query.get("status") in (None, row.status)
            and first <= row.start.date() <= last
        )

    return listing(api.version.page(api.clinic.appointments.rows, keep, query), api.appointments)


def _find(api: Api, appointment_id: str) -> Appointment:
    appointment = api.clinic.appointments.get(appointment_id)
    if appointment is None:
        raise not_found("appointment")
    return appointment


def _times(api: Api, given: Any) -> dict[str, Any]:
    """The appointment's fields that the caller chose; raises ``Refusal`` 422."""
    practitioner = api.version.find_practitioner(api.clinic, given.practitioner_id)
    if practitioner is None:
        raise invalid("There is no such practitioner.", "/practitioner_id")
    fields = given.fields()
    if not FIRST_YEAR <= fields["start"].year <= LAST_YEAR:
        raise invalid(f"Must lie between {FIRST_YEAR} and {LAST_YEAR}.", f"/{api.version.START}")
    return {**fields, "start": fields["start"].astimezone(UTC), "practitioner": practitioner.number}


def _check_free(api: Api, wanted: Appointment) -> None:
    taken = api.clinic.conflict(wanted)
    if taken is None:
        return
    holder = api.clinic.patients.get(taken.patient_id)
    conflict = {"appointment_id": taken.id, "start": taken.start, "patient": api.version.contact(holder)}
    raise Refusal(409, "taken", "The practitioner has another appointment at that time.", conflict=conflict)
