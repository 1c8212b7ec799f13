"""Letters about a key, and who gets them."""

from django.utils.formats import date_format

from accounts.models import Membership, Role, User
from keys.models import Credential, Secret, Status
from notices.mail import post

_MANAGING = (Role.OWNER, Role.DEVELOPER)


def people_of(credential: Credential, *, owners_too: bool) -> list[User]:
    """Who made it, while they may still manage it; its organisation's owners beside them, or where there is nobody
    else. One query."""
    rows = Membership.objects.filter(organisation=credential.application.organisation, user__is_active=True)
    managing = list(rows.filter(role__in=_MANAGING).select_related("user").order_by("id"))
    makers = [row.user for row in managing if row.user_id == credential.created_by_id]
    owners = [row.user for row in managing if row.role == Role.OWNER]
    return list(dict.fromkeys([*makers, *owners])) if owners_too else makers or owners


def tell_of_leak(credential: Credential, secret: Secret, outcome: str, url: str) -> None:
    """Within a write: a letter to each of its people, with the link that rotates it."""
    facts = {"stub": str(secret), "outcome": outcome, "url": url, "suspended": credential.status == Status.SUSPENDED}
    _post("key_leaked", credential, people_of(credential, owners_too=True), **facts)


def remind_of_expiry(credential: Credential, days: int) -> None:
    """Within a write: a letter to whoever made it. `days` 0 says that it has expired."""
    assert credential.expires_at is not None
    moment = date_format(credential.expires_at, "j F Y, H:i")
    _post("key_expires", credential, people_of(credential, owners_too=False), days=days, expires_at=moment)


def _post(kind: str, credential: Credential, people: list[User], **context: object) -> None:
    facts = {
        "key": credential.name,
        "kind": credential.kind,
        "is_public": credential.is_public_client,
        "key_id": credential.public_id,
        "application": str(credential.application),
        "application_id": credential.application.public_id,
        "environment": credential.environment,
    }
    for person in people:
        post(kind, person.email, facts | context, organisation=credential.application.organisation.public_id)
