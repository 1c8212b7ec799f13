"""Keys as pages list them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from accounts.access import NotVisible, applications_of, require_role
from accounts.models import Application, Role, User
from analytics.calls import last_call_at
from keys.models import Credential, Kind, Secret, SecretState, Status

MOST_KEYS = 200


class ListedKey(NamedTuple):
    """A key or client, what may be shown of the secret in use (a public client has none), when it last called, and the
    old secret that still works."""

    credential: Credential
    stub: str
    last_used_at: datetime | None
    retiring_stub: str = ""
    retiring_until: datetime | None = None

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
    retiring = Secret.objects.filter(
        credential=OuterRef("pk"), state=SecretState.RETIRING, not_after__gt=timezone.now()
    )
    keys = Credential.objects.filter(application=application).select_related("created_by", "application")
    rows = keys.annotate(
        prefix=Subquery(secrets.values("prefix")[:1]),
        last4=Subquery(secrets.values("last4")[:1]),
        last_used_at=last_call_at(),
        old_last4=Subquery(retiring.values("last4")[:1]),
        retiring_until=Subquery(retiring.values("not_after")[:1]),
    )
    ordered = rows.order_by(F("revoked_at").desc(nulls_first=True), "-pk")[:MOST_KEYS]
    return [_listed(row) for row in ordered]


def _listed(row: Any) -> ListedKey:
    old = f"…{row.old_last4}" if row.old_last4 else ""
    stub = f"{row.prefix}…{row.last4}" if row.last4 else ""
    return ListedKey(row, stub, row.last_used_at, old, row.retiring_until)


def ends_of_secrets(public_ids: Iterable[str]) -> dict[str, str]:
    """The last characters of secrets by public id; unknown ones are left out. One query, none without an id."""
    wanted = set(filter(None, public_ids))
    return dict(Secret.objects.filter(public_id__in=wanted).values_list("public_id", "last4")) if wanted else {}


def access_key(user: User, public_id: str, roles: frozenset[Role] | None = None) -> Credential:
    """A key with its application. Raises NotVisible for strangers, NotAllowed where the role is missing."""
    visible = Credential.objects.filter(application__in=applications_of(user).order_by())
    credential = visible.select_related("application__organisation", "client").filter(public_id=public_id).first()
    if credential is None:
        raise NotVisible(public_id)
    if roles:
        require_role(user, credential.application.organisation, roles)
    return credential


def access_client(user: User, public_id: str, roles: frozenset[Role] | None = None) -> Credential:
    """The same for an OAuth client; a key is none."""
    credential = access_key(user, public_id, roles)
    if credential.kind != Kind.CLIENT:
        raise NotVisible(public_id)
    return credential
