"""A person as the actor of a write."""

from accounts.models import User
from audit.actors import Actor


def user_actor(user: User, request_id: str = "", address: str = "") -> Actor:
    """The actor for what a person does, from which network address."""
    return Actor("user", user.public_id, user.email, request_id, address)
