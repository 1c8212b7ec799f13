"""Keys as pages list them."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import F, OuterRef, Subquery

from accounts.access import NotVisible, applications_of, require_role
from accounts.models import Application, Role, User
from analytics.calls import last_call_at
from keys.models import Credential, Secret, SecretState, Status

MOST_KEYS = 200


class ListedKey(NamedTuple):
    """A key, what may be shown of the secret in use, and when it last called."""

    credential: Credential
    stub: str
    last_used_at: datetime | None

    @property
    def short_stub(self) -> str:
        """Without what all keys of an environment begin with."""
        return self.stub.rpartition("_")[2]

    @property
    def is_revoked(self) -> bool:
        """Whether it ended for good."""
        return self.credential.status == Status.REVOKED


def keys_of(application: Application) -> list[ListedKey]:
    """At most MOST_KEYS, those in use before the revoked, the newest first. One query."""
    secrets = Secret.objects.filter(credential=OuterRef("pk"), state=SecretState.CURRENT)
    keys = Credential.objects.filter(application=application).select_related("created_by", "application")
    rows = keys.annotate(
        prefix=Subquery(secrets.values("prefix")[:1]),
        last4=Subquery(secrets.values("last4")[:1]),
        last_used_at=last_call_at(),
    )
    ordered = rows.order_by(F("revoked_at").desc(nulls_first=True), "-pk")[:MOST_KEYS]
    return [ListedKey(row, f"{row.prefix}…{row.last4}", row.last_used_at) for row in ordered]


def access_key(user: User, public_id: str, roles: frozenset[Role] | None = None) -> Credential:
    """A key with its application. Raises NotVisible for strangers, NotAllowed where the role is missing."""
    visible = Credential.objects.filter(application__in=applications_of(user).order_by())
    credential = visible.select_related("application__organisation").filter(public_id=public_id).first()
    if credential is None:
        raise NotVisible(public_id)
    if roles:
        require_role(user, credential.application.organisation, roles)
    return credential
