"""Who asks, behind `login_required`."""

from django.http import HttpRequest

from accounts.actors import user_actor
from accounts.models import User
from audit.actors import Actor


def person(request: HttpRequest) -> User:
    """The signed-in person."""
    assert isinstance(request.user, User)
    return request.user


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person as the actor of a write."""
    return user_actor(person(request), request.request_id)  # type: ignore[attr-defined]
