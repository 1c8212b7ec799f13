"""Operations on patients."""

from datetime import UTC, datetime
from decimal import Decimal

from msgspec.structs import replace

from demo.upstream.api import Api, Call, listing
from demo.upstream.bodies import read_body, read_patched
from demo.upstream.clinic import TableFull
from demo.upstream.queries import read_query
from demo.upstream.records import Patient
from demo.upstream.replies import Refusal, Reply, not_found


def list_patients(api: Api, call: Call) -> Reply:
    query = read_query(call.query, {**api.version.patient_filters, **api.version.page_readers})
    email, language = query.get("email"), query.get("preferred_language")

    def keep(row: Patient) -> bool:
        return email in (None, row.email) and language in (None, row.preferred_language)

    return listing(api.version.page(api.clinic.patients.rows, keep, query), api.patients)


def read_patient(api: Api, call: Call) -> Reply:
    return Reply(200, api.patients.of(find(api, call.row_id)))


def register_patient(api: Api, call: Call) -> Reply:
    given = read_body(call.body, call.content_type, api.version.PatientGiven)
    fields = {"preferred_language": "de", **given.fields()}
    now = datetime.now(UTC).replace(microsecond=0)
    patient = Patient(id=api.clinic.patients.new_id(), balance=Decimal("0.00"), registered_at=now, **fields)
    try:
        api.clinic.patients.add(patient)
    except TableFull:
        raise Refusal(503, "full", "The sample clinic takes no more patients; start it anew.") from None
    return Reply(201, api.patients.of(patient), headers=b"Location: patients/%b\r\n" % patient.id.encode())


def change_patient(api: Api, call: Call) -> Reply:
    patient = find(api, call.row_id)
    before, after = read_patched(
        call.body, call.content_type, api.version.show_patient(patient), api.version.PatientGiven
    )
    was = before.fields()
    changed = replace(patient, **{name: value for name, value in after.fields().items() if value != was[name]})
    api.clinic.patients.replace(changed)
    return Reply(200, api.patients.of(changed))


def find(api: Api, patient_id: str) -> Patient:
    patient = api.clinic.patients.get(patient_id)
    if patient is None:
        raise not_found("patient")
    return patient
