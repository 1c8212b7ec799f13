"""What people do with their own accounts, for the audit log. Libraries make these changes; the events are ours."""

from typing import Any

from accounts.models import User
from audit.actors import Actor
from audit.writing import record_event, write


@write
def save_password(user: User, *, actor: Actor) -> None:
    """Keep the password that was set on `user`; hashing it took its time before this transaction."""
    user.save(update_fields=["password"])
    record_event(actor, "person.password_set", user)


@write
def note_act(user: User, action: str, *, actor: Actor, changes: dict[str, Any] | None = None) -> None:
    """Record what a library has just done to the person's account."""
    record_event(actor, action, user, changes=changes)
