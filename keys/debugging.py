"""Letting the calls of a key ask where their time went."""

from audit.actors import Actor
from audit.writing import write
from keys.changes import lock_changeable
from keys.events import record_act
from keys.models import Credential


@write
def set_debug(credential: Credential, *, is_debug: bool, actor: Actor, reason: str = "") -> None:
    """Allow it or end it. Raises ValidationError for a key that is revoked or has expired."""
    locked = lock_changeable(credential)
    before, locked.is_debug = locked.is_debug, is_debug
    locked.save(update_fields=["is_debug"])
    record_act(locked, "debug_set", {"is_debug": [before, is_debug]}, actor, reason)
    credential.refresh_from_db(fields=["is_debug"])
