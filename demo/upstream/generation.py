"""The sample data: the same few hundred rows at every start."""

import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from demo.upstream import names
from demo.upstream.clinic import Clinic
from demo.upstream.draw import Draw
from demo.upstream.records import Address, Appointment, Patient, Practitioner

PRACTITIONERS = 24
PATIENTS = 180
APPOINTMENTS = 400
FIRST_DAY = date(2026, 11, 30)
WEEKS = 12


def sample_clinic() -> Clinic:
    draw = Draw("rowan")
    clinic = Clinic()
    for number in range(1, PRACTITIONERS + 1):
        clinic.practitioners.add(_practitioner(draw, number))
    clinic.patients.add(_first_patient())
    while len(clinic.patients.rows) < PATIENTS:
        clinic.patients.add(_patient(draw))
    clinic.appointments.add(_first_appointment())
    while len(clinic.appointments.rows) < APPOINTMENTS:
        appointment = _appointment(draw, clinic)
        if clinic.conflict(appointment) is None:
            clinic.appointments.add(appointment)
    return clinic


def _practitioner(draw: Draw, number: int) -> Practitioner:
    given, family = draw.one_of(names.GIVEN_NAMES), draw.one_of(names.FAMILY_NAMES)
    return Practitioner(
        id=f"prc_{draw.token()}",
        number=number,
        given_name=given,
        family_name=family,
        specialty=names.SPECIALTIES[number % len(names.SPECIALTIES)],
        languages=tuple(sorted({"de", draw.one_of(names.LANGUAGES), draw.one_of(names.LANGUAGES)})),
        email=_email(given, family, "rowan-clinic.example"),
        phone=_phone(draw),
        address=_address(draw),
        registry_number=int(draw.digits(22)),
        rating=_hundredths(300 + 10 * draw.below(21)),
        accepts_new_patients=draw.below(4) > 0,
        joined_on=date(2008, 1, 1) + timedelta(days=draw.below(6000)),
    )


def _first_patient() -> Patient:
    """The patient whom guides and examples name."""
    return Patient(
        id="pat_4f2k9",
        given_name="Ines",
        family_name="Okafor",
        birth_date=date(1984, 3, 9),
        email="ines.okafor@mail.example",
        phone="+494066969471",
        insurance_number="K2940117730",
        preferred_language="en",
        address=Address(street="Canal Walk 12", postcode="22303", city="Hamburg", country="DE"),
        notes="Allergic to penicillin.",
        balance=Decimal("12.50"),
        registered_at=datetime(2021, 6, 14, 8, 12, tzinfo=UTC),
    )


def _patient(draw: Draw) -> Patient:
    given, family = draw.one_of(names.GIVEN_NAMES), draw.one_of(names.FAMILY_NAMES)
    return Patient(
        id=f"pat_{draw.token()}",
        given_name=given,
        family_name=family,
        birth_date=date(1938, 1, 1) + timedelta(days=draw.below(29_000)),
        email=_email(given, family, "mail.example") if draw.below(12) else None,
        phone=_phone(draw),
        insurance_number=draw.one_of("ABCDEFGHK") + draw.digits(10),
        preferred_language=draw.one_of(names.LANGUAGES),
        address=_address(draw),
        notes=draw.one_of(names.NOTES) if draw.below(3) == 0 else None,
        balance=_hundredths(50 * draw.below(200)),
        registered_at=datetime(2016, 1, 4, 7, tzinfo=UTC) + timedelta(minutes=draw.below(5_200_000)),
    )


def _appointment(draw: Draw, clinic: Clinic) -> Appointment:
    day = FIRST_DAY + timedelta(weeks=draw.below(WEEKS), days=draw.below(5))
    start = datetime.combine(day, time(8), UTC) + timedelta(minutes=30 * draw.below(16))
    return Appointment(
        id=f"apt_{draw.token()}",
        patient_id=draw.one_of(clinic.patients.rows).id,
        practitioner=1 + draw.below(PRACTITIONERS),
        start=start,
        duration_minutes=draw.one_of((30, 30, 30, 60)),
        kind=draw.one_of(("visit", "visit", "video", "phone")),
        reason=draw.one_of(names.REASONS),
        status=draw.one_of(("booked", "booked", "confirmed", "cancelled")),
        fee=_hundredths(2500 + 250 * draw.below(20)),
        booked_at=datetime(2026, 9, 1, 7, tzinfo=UTC) + timedelta(minutes=draw.below(100_000)),
    )


def _first_appointment() -> Appointment:
    """The appointment that guides and examples name."""
    return Appointment(
        id="apt_8m4xq",
        patient_id="pat_4f2k9",
        practitioner=1,
        start=datetime(2026, 12, 1, 8, tzinfo=UTC),
        duration_minutes=30,
        kind="visit",
        reason="Check-up",
        status="confirmed",
        fee=Decimal("45.00"),
        booked_at=datetime(2026, 11, 2, 9, 41, tzinfo=UTC),
    )


def _email(given: str, family: str, domain: str) -> str:
    plain = unicodedata.normalize("NFKD", f"{given}.{family}".lower())
    return f"{plain.encode('ascii', 'ignore').decode()}@{domain}"


def _phone(draw: Draw) -> str:
    """A number of the range that the network agency keeps free for fiction."""
    return f"+494066969{draw.digits(3)}"


def _hundredths(amount: int) -> Decimal:
    """Keeps both decimals: 470 → ``4.70``."""
    return Decimal(amount).scaleb(-2)


def _address(draw: Draw) -> Address:
    return Address(
        street=f"{draw.one_of(names.STREETS)} {1 + draw.below(120)}",
        postcode=f"2{draw.digits(4)}",
        city=draw.one_of(names.CITIES),
        country="DE",
    )
