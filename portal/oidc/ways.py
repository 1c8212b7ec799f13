"""Where signing in through the provider is offered: to end users on their ways, and to nobody else."""

from typing import NamedTuple
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode

from contract.settings import settings
from portal.pages.redirects import way_on

CONSENT = "oauth_authorize"
#: Whoever has no account gets one on the way to a consent page alone. Pages of developers and staff are not here.
SIGNING_UP = frozenset({CONSENT})
END_USERS = frozenset({CONSENT, "consents", "consent", "account", "home"})


class Offer(NamedTuple):
    """The provider's name, and where the button leads."""

    name: str
    action: str


def is_configured() -> bool:
    """Whether there is a provider at all."""
    return bool(settings().oidc_issuer)


def route_of(target: str) -> str:
    """The name of the page to which an address of ours leads; empty for none."""
    try:
        return resolve(urlsplit(target).path).view_name
    except Resolver404:
        return ""


def offer_in(request: HttpRequest, ways: frozenset[str] = END_USERS) -> Offer | None:
    """The button, where `?next=` is one of these ways; one that leads nowhere in particular may be an end user's."""
    target = way_on(request)
    if not is_configured() or route_of(target) not in ways:
        return None
    return Offer(settings().oidc_name, f"{reverse('oidc_start')}?{urlencode({'next': target})}")
