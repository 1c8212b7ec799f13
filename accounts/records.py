"""What the gateways know of organisations, applications and end users."""

from accounts.models import Application, Organisation, User
from contract import records
from contract.valkey_keys import slot_of


def build_organisation(record_id: str) -> records.Organisation | None:
    """The record of an organisation by public id; None where it does not exist."""
    row = Organisation.objects.filter(public_id=record_id).first()
    return row and records.Organisation(row.public_id, slot_of(row.pk), _status(row.status))


def build_application(record_id: str) -> records.Application | None:
    """The record of an application by public id; None where it does not exist."""
    row = Application.objects.select_related("organisation").filter(public_id=record_id).first()
    if row is None:
        return None
    status, origins = _status(row.status), tuple(row.cors_origins)
    return records.Application(row.public_id, row.organisation.public_id, status, cors_origins=origins)


def build_account(record_id: str) -> records.Account | None:
    """The record of a person by public id: whether clients may act for them."""
    row = User.objects.filter(public_id=record_id).first()
    return row and records.Account(row.public_id, "active" if row.is_active else "suspended")


def _status(status: str) -> records.Status:
    return {"active": "active", "suspended": "suspended"}.get(status, "revoked")  # type: ignore[return-value]
