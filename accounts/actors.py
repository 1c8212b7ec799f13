"""A person as the actor of a write, and what people read for one."""

from collections.abc import Iterable

from accounts.models import User
from audit.actors import Actor


def user_actor(user: User, request_id: str = "", address: str = "") -> Actor:
    """The actor for what a person does, from which network address."""
    return Actor("user", user.public_id, user.email, request_id, address)


def people_named(ids: Iterable[str]) -> dict[str, str]:
    """E-mail addresses by public id, of those that are somebody's. One query."""
    return dict(User.objects.filter(public_id__in=set(ids)).values_list("public_id", "email"))
