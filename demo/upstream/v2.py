"""Version 2: two name fields, ``prc_…`` ids, ``insurance_number``, ``start``, preferred languages, cursors."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from demo.upstream.clinic import Clinic
from demo.upstream.names import LANGUAGES
from demo.upstream.pages import cursor_page, cursor_readers
from demo.upstream.queries import Reader, one_of
from demo.upstream.records import Address, Appointment, Patient, Practitioner
from demo.upstream.shapes import (
    AddressGiven,
    Email,
    InsuranceNumber,
    Kind,
    Language,
    Minutes,
    Name,
    Notes,
    Phone,
    Reason,
    Start,
)

NAME = "v2"
START = "start"

page = cursor_page
page_readers = cursor_readers
patient_filters: dict[str, Reader] = {"email": str, "preferred_language": one_of(*LANGUAGES)}


class PractitionerShown(Struct):
    id: str
    given_name: str
    family_name: str
    specialty: str
    languages: tuple[str, ...]
    email: str
    phone: str
    address: Address
    registry_number: int
    rating: Decimal
    accepts_new_patients: bool
    joined_on: date


class AppointmentShown(Struct):
    id: str
    patient_id: str
    practitioner_id: str
    start: datetime
    duration_minutes: int
    kind: str
    reason: str | None
    status: str
    fee: Decimal
    booked_at: datetime


class PatientGiven(Struct, forbid_unknown_fields=True, kw_only=True):
    given_name: Name
    family_name: Name
    birth_date: date
    email: Email | None = None
    phone: Phone
    insurance_number: InsuranceNumber
    preferred_language: Language = "de"
    address: AddressGiven
    notes: Notes | None = None

    def fields(self) -> dict[str, Any]:
        return {
            "given_name": self.given_name,
            "family_name": self.family_name,
            "birth_date": self.birth_date,
            "email": self.email,
            "phone": self.phone,
            "insurance_number": self.insurance_number,
            "preferred_language": self.preferred_language,
            "address": self.address.address(),
            "notes": self.notes,
        }


class MoveGiven(Struct, forbid_unknown_fields=True, kw_only=True):
    practitioner_id: str
    start: Start
    duration_minutes: Minutes = 30
    kind: Kind = "visit"
    reason: Reason | None = None

    def fields(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "duration_minutes": self.duration_minutes,
            "kind": self.kind,
            "reason": self.reason,
        }


class BookingGiven(MoveGiven, forbid_unknown_fields=True, kw_only=True):
    patient_id: str


def find_practitioner(clinic: Clinic, practitioner_id: object) -> Practitioner | None:
    return clinic.practitioners.get(str(practitioner_id))


def show_practitioner(row: Practitioner) -> PractitionerShown:
    return PractitionerShown(
        id=row.id,
        given_name=row.given_name,
        family_name=row.family_name,
        specialty=row.specialty,
        languages=row.languages,
        email=row.email,
        phone=row.phone,
        address=row.address,
        registry_number=row.registry_number,
        rating=row.rating,
        accepts_new_patients=row.accepts_new_patients,
        joined_on=row.joined_on,
    )


def show_patient(row: Patient) -> Patient:
    """Version 2 shows a patient as the clinic keeps it."""
    return row


def show_appointment(row: Appointment, practitioner: Practitioner) -> AppointmentShown:
    return AppointmentShown(
        id=row.id,
        patient_id=row.patient_id,
        practitioner_id=practitioner.id,
        start=row.start,
        duration_minutes=row.duration_minutes,
        kind=row.kind,
        reason=row.reason,
        status=row.status,
        fee=row.fee,
        booked_at=row.booked_at,
    )


def contact(row: Patient) -> dict[str, str]:
    return {"id": row.id, "phone": row.phone, "insurance_number": row.insurance_number}
