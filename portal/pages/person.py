"""Who asks, behind `login_required`."""

from django.http import HttpRequest

from accounts.actors import user_actor
from accounts.models import User
from audit.actors import Actor
from portal.client_address import client_address


def person(request: HttpRequest) -> User:
    """The signed-in person."""
    assert isinstance(request.user, User)
    return request.user


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person as the actor of a write."""
    return actor_for(person(request), request)


def actor_for(user: User, request: HttpRequest) -> Actor:
    """The person, who may not be signed in yet, as the actor of what this request writes."""
    return user_actor(user, getattr(request, "request_id", ""), client_address(request))
