"""A member leaves: the membership ends and what becomes of their keys is done, in one transaction."""

from enum import StrEnum

from accounts.models import Organisation, User
from accounts.team import remove_member
from audit.actors import Actor
from audit.writing import write
from keys.models import Credential
from keys.ownership import keys_made_by, reassign_keys
from keys.writes import revoke_key
from notices.mail import post


class Fate(StrEnum):
    """What becomes of a leaver's keys. The leaver may have copies: only a new secret and revocation end that."""

    KEEP = "keep"
    REASSIGN = "reassign"
    ROTATE = "rotate"
    REVOKE = "revoke"


WITH_HEIR = frozenset({Fate.REASSIGN, Fate.ROTATE})


@write
def let_go(organisation: Organisation, leaver: User, fate: Fate, heir: User | None, *, actor: Actor) -> None:
    """`heir` is a member who answers for the keys from now on; needed to reassign and
    to rotate, which is theirs to do, as they get to see the new secrets. Raises LastOwner, Conflict."""
    remove_member(organisation, leaver, actor=actor)
    keys = list(keys_made_by(organisation, leaver))
    if fate in WITH_HEIR and heir:
        reassign_keys(keys, heir, actor=actor)
    if fate is Fate.ROTATE and heir and keys:
        _ask_to_rotate(organisation, leaver, keys, heir)
    if fate is Fate.REVOKE:
        for key in keys:
            revoke_key(key, actor=actor, reason=f"{leaver} left")


def _ask_to_rotate(organisation: Organisation, leaver: User, keys: list[Credential], heir: User) -> None:
    """By mail, with a link for each key."""
    links = [{"name": key.name, "path": f"/keys/{key.public_id}/rotate/"} for key in keys]
    context = {"leaver": str(leaver), "organisation": organisation.name, "keys": links}
    post("keys_to_rotate", heir.email, context, organisation=organisation.public_id)
