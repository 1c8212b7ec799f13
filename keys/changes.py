"""What a key may do, changed afterwards: narrowed freely, widened within the plan."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Application
from audit.actors import Actor
from audit.writing import write
from keys.events import record_act
from keys.models import Credential, Status
from keys.writes import checked_networks, checked_scopes, note_grants, set_expiry


@write
def change_key(
    credential: Credential,
    *,
    actor: Actor,
    scopes: Iterable[str] | None = None,
    networks: Iterable[str] | None = None,
    lifetime: timedelta | None = None,
) -> None:
    """Change what is given; `lifetime` counts from now on. Raises ValidationError for a scope that is neither held nor
    within the plan, a bad network, an expiry out of reach, and for a key that is revoked or has expired: with a
    `lifetime` a client without a secret may have, since there is none that rotating could replace."""
    locked = lock_changeable(credential, renews=lifetime is not None)
    changes: dict[str, Any] = {}
    if scopes is not None:
        changes |= set_scopes(locked, widened(locked, set(scopes)))
    if networks is not None:
        changes |= _set_networks(locked, checked_networks(networks))
    if lifetime is not None:
        changes |= set_expiry(locked, _moment(lifetime))
    record_act(locked, "changed", changes, actor)
    credential.refresh_from_db()


def lock_changeable(credential: Credential, *, renews: bool = False) -> Credential:
    """Within a write: the key as it stands. Raises ValidationError where changing it makes no sense."""
    rows = Credential.objects.select_for_update(of=("self",)).select_related("application__organisation")
    locked = rows.get(pk=credential.pk)
    if locked.status == Status.REVOKED:
        raise ValidationError(f"This {locked.kind} is revoked for good: make another one.")
    if locked.is_expired and (locked.has_secret or not renews):
        raise ValidationError(f"This {locked.kind} has expired: {_WAY_BACK[locked.has_secret]}")
    return locked


_WAY_BACK = {
    True: "rotate it, which gives it a new secret and a new expiry.",
    False: "choose how long it is to work from now on.",
}


def widened(credential: Credential, wanted: set[str]) -> list[str]:
    """Sorted. What the key holds it may keep, also where the plan has lost it; the gateways judge by the plan anyway.
    Raises ValidationError for what would be new and stands in none of the application's plans."""
    application: Application = credential.application
    return sorted(wanted & set(credential.scopes) | set(checked_scopes(application, wanted - set(credential.scopes))))


def set_scopes(credential: Credential, scopes: list[str]) -> dict[str, list[object]]:
    """Within a write: put the scopes in force; a quarantine stays what it is."""
    before, credential.scopes = credential.scopes, scopes
    credential.save(update_fields=["scopes"])
    note_grants(credential)
    return {} if before == scopes else {"scopes": [before, scopes]}


def _set_networks(credential: Credential, networks: list[str]) -> dict[str, list[object]]:
    before, credential.networks = credential.networks, networks
    credential.save(update_fields=["networks"])
    return {} if before == networks else {"networks": [before, networks]}


def _moment(lifetime: timedelta) -> datetime:
    try:
        return timezone.now() + lifetime
    except OverflowError:
        raise ValidationError({"expires_at": "The expiry must lie ahead, by ten years at most."}) from None
