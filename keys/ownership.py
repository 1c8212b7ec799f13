"""Who answers for a key: the person who made it, until they leave and it is given to somebody else."""

from collections.abc import Iterable

from django.db.models import QuerySet

from accounts.models import Organisation, User
from audit.actors import Actor
from audit.writing import write
from keys.events import record_act
from keys.models import Credential, Status


def keys_made_by(organisation: Organisation, user: User) -> QuerySet[Credential]:
    """A member's keys in the organisation that are not revoked."""
    keys = Credential.objects.filter(application__organisation=organisation, created_by=user)
    return keys.exclude(status=Status.REVOKED).select_related("application__organisation").order_by("id")


@write
def reassign_key(credential: Credential, to: User, *, actor: Actor) -> None:
    """Somebody else answers for it; its secret stays as it is."""
    before = credential.created_by
    credential.created_by = to
    credential.save(update_fields=["created_by"])
    changes = {"created_by": [before and before.public_id, to.public_id]}
    record_act(credential, "reassigned", changes, actor)


def reassign_keys(credentials: Iterable[Credential], to: User, *, actor: Actor) -> None:
    """All of them, inside the write that calls this."""
    for credential in credentials:
        reassign_key(credential, to, actor=actor)
