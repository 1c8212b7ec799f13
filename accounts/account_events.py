"""What people do with their own accounts, for the audit log. Libraries make these changes; the events are ours."""

from collections.abc import Iterable
from typing import Any

from accounts.account_letters import tell_owner
from accounts.models import User
from audit.actors import Actor
from audit.writing import record_event, write


@write
def save_password(user: User, *, actor: Actor) -> None:
    """Keep the password that was set on `user`; hashing it took its time before this transaction."""
    user.save(update_fields=["password"])
    record_event(actor, "person.password_set", user)
    tell_owner(user, "The password was changed")


@write
def note_act(user: User, action: str, *, actor: Actor, changes: dict[str, Any] | None = None) -> None:
    """Record what a library has just done to the person's account."""
    record_event(actor, action, user, changes=changes)


@write
def note_address(
    user: User, action: str, before: str | None, after: str | None, *, actor: Actor, former: Iterable[str] = ()
) -> None:
    """Record that an e-mail address came, went or took another's place, and tell the person at all that are theirs,
    `former` ones included."""
    record_event(actor, action, user, changes={"email": [before, after]})
    tell_owner(user, _ADDRESS_WORDS[action].format(before=before, after=after), *former)


_ADDRESS_WORDS = {
    "person.email_added": "The e-mail address {after} was added",
    "person.email_removed": "The e-mail address {before} was removed",
    "person.email_changed": "The main e-mail address is {after} now",
}
