"""A member leaves: the membership ends and what becomes of their keys is done, in one transaction."""

from enum import StrEnum

from accounts.models import Organisation, User
from accounts.team import remove_member
from audit.actors import Actor
from audit.writing import write
from keys.ownership import keys_made_by, reassign_keys
from keys.writes import revoke_key


class Fate(StrEnum):
    """What becomes of a leaver's keys. The leaver may have kept copies of them: only the last one ends that."""

    KEEP = "keep"
    REASSIGN = "reassign"
    REVOKE = "revoke"


@write
def let_go(organisation: Organisation, leaver: User, fate: Fate, heir: User | None, *, actor: Actor) -> None:
    """`heir` is a member who answers for the keys from now on; needed to reassign. Raises LastOwner, Conflict."""
    remove_member(organisation, leaver, actor=actor)
    keys = keys_made_by(organisation, leaver)
    if fate is Fate.REASSIGN and heir:
        reassign_keys(keys, heir, actor=actor)
    elif fate is Fate.REVOKE:
        for key in keys:
            revoke_key(key, actor=actor, reason=f"{leaver} left")
