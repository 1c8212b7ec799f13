"""What the gateways know of organisations, their members and applications, and of end users."""

from accounts.models import Application, Membership, Organisation, User
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


def member_name(organisation: Organisation, user: User) -> tuple[str, str]:
    """The name of the record of a person's place in an organisation."""
    return "member", f"{organisation.public_id}/{user.public_id}"


def build_member(record_id: str) -> records.Member | None:
    """The record of a person's place in an organisation; None for who has none, has left, or is shut out."""
    organisation, _, user = record_id.partition("/")
    active = Membership.objects.filter(user__is_active=True)
    row = active.filter(organisation__public_id=organisation, user__public_id=user).first()
    return row and records.Member(record_id, row.role)


def _status(status: str) -> records.Status:
    return {"active": "active", "suspended": "suspended"}.get(status, "revoked")  # type: ignore[return-value]
