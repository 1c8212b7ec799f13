"""A person as the actor of a write."""

from accounts.models import User
from audit.actors import Actor


def user_actor(user: User, request_id: str = "") -> Actor:
    """The actor for what a signed-in person does."""
    return Actor("user", user.public_id, user.email, request_id)
