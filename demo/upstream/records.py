"""The clinic's rows as it keeps them; v1 and v2 each show them in their own shape. Rows are replaced, never changed."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec import Struct


class Address(Struct, frozen=True):
    street: str
    postcode: str
    city: str
    country: str


class Practitioner(Struct, frozen=True):
    """``number`` is the id in v1, ``id`` the id in v2; ``registry_number`` has more digits than a double keeps."""

    id: str
    number: int
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


class Patient(Struct, frozen=True):
    id: str
    given_name: str
    family_name: str
    birth_date: date
    email: str | None
    phone: str
    insurance_number: str
    preferred_language: str
    address: Address
    notes: str | None
    balance: Decimal
    registered_at: datetime


class Appointment(Struct, frozen=True):
    """``practitioner`` is the practitioner's number; ``start`` is in UTC."""

    id: str
    patient_id: str
    practitioner: int
    start: datetime
    duration_minutes: int
    kind: str
    reason: str | None
    status: str
    fee: Decimal
    booked_at: datetime

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.duration_minutes)
