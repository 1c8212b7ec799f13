"""Version 1, deprecated: one name field, integers for practitioners, ``insurance_no``, ``starts_at``, offsets."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from demo.upstream.clinic import Clinic
from demo.upstream.pages import offset_page, offset_readers
from demo.upstream.queries import Reader
from demo.upstream.records import Address, Appointment, Patient, Practitioner
from demo.upstream.shapes import (
    AddressGiven,
    Email,
    FullName,
    InsuranceNumber,
    Kind,
    Minutes,
    Notes,
    Phone,
    Reason,
    Start,
)

NAME = "v1"
START = "starts_at"

page = offset_page
page_readers = offset_readers
patient_filters: dict[str, Reader] = {"email": str}


class PractitionerShown(Struct):
    id: int
    full_name: str
    specialty: str
    languages: tuple[str, ...]
    email: str
    phone: str
    address: Address
    registry_number: int
    rating: Decimal
    accepts_new_patients: bool
    joined_on: date


class PatientShown(Struct):
    id: str
    full_name: str
    birth_date: date
    email: str | None
    phone: str
    insurance_no: str
    address: Address
    notes: str | None
    balance: Decimal
    registered_at: datetime


class AppointmentShown(Struct):
    id: str
    patient_id: str
    practitioner_id: int
    starts_at: datetime
    minutes: int
    kind: str
    reason: str | None
    status: str
    fee: Decimal
    booked_at: datetime


class PatientGiven(Struct, forbid_unknown_fields=True, kw_only=True):
    full_name: FullName
    birth_date: date
    email: Email | None = None
    phone: Phone
    insurance_no: InsuranceNumber
    address: AddressGiven
    notes: Notes | None = None

    def fields(self) -> dict[str, Any]:
        given_name, family_name = self.full_name.split(" ", 1)
        return {
            "given_name": given_name,
            "family_name": family_name,
            "birth_date": self.birth_date,
            "email": self.email,
            "phone": self.phone,
            "insurance_number": self.insurance_no,
            "address": self.address.address(),
            "notes": self.notes,
        }


class MoveGiven(Struct, forbid_unknown_fields=True, kw_only=True):
    practitioner_id: int
    starts_at: Start
    minutes: Minutes = 30
    kind: Kind = "visit"
    reason: Reason | None = None

    def fields(self) -> dict[str, Any]:
        return {"start": self.starts_at, "duration_minutes": self.minutes, "kind": self.kind, "reason": self.reason}


class BookingGiven(MoveGiven, forbid_unknown_fields=True, kw_only=True):
    patient_id: str


def find_practitioner(clinic: Clinic, practitioner_id: object) -> Practitioner | None:
    number = str(practitioner_id)
    if not (number.isascii() and number.isdigit() and len(number) <= 4 and number[0] != "0"):
        return None
    return clinic.practitioner(int(number)) if int(number) <= len(clinic.practitioners.rows) else None


def show_practitioner(row: Practitioner) -> PractitionerShown:
    return PractitionerShown(
        id=row.number,
        full_name=f"{row.given_name} {row.family_name}",
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


def show_patient(row: Patient) -> PatientShown:
    return PatientShown(
        id=row.id,
        full_name=f"{row.given_name} {row.family_name}",
        birth_date=row.birth_date,
        email=row.email,
        phone=row.phone,
        insurance_no=row.insurance_number,
        address=row.address,
        notes=row.notes,
        balance=row.balance,
        registered_at=row.registered_at,
    )


def show_appointment(row: Appointment, practitioner: Practitioner) -> AppointmentShown:
    return AppointmentShown(
        id=row.id,
        patient_id=row.patient_id,
        practitioner_id=practitioner.number,
        starts_at=row.start,
        minutes=row.duration_minutes,
        kind=row.kind,
        reason=row.reason,
        status=row.status,
        fee=row.fee,
        booked_at=row.booked_at,
    )


def contact(row: Patient) -> dict[str, str]:
    return {"id": row.id, "phone": row.phone, "insurance_no": row.insurance_number}
