"""`/oauth/token/`, `/oauth/revoke/`, `/oauth/introspect/`: what clients ask of the server, with nobody at a page."""

import functools
from collections.abc import Callable
from typing import Any

import redis
import structlog
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from oauth2_provider.oauth2_backends import OAuthLibCore

from audit.actors import Actor
from keys.models import Client
from keys.tokens import revoke_access_token, revoke_family
from portal.client_address import client_address
from portal.oauth.browsers import readable_by_pages
from portal.oauth.client_authentication import client_of
from portal.oauth.held_tokens import find_access_token, find_refresh_token, told_of
from portal.oauth.proofs import next_nonce, thumbprint_of
from portal.oauth.refusals import Refusal, Unavailable, answer, passed_on, refused
from portal.oauth.server import Server
from portal.oauth.validator import Validator

log = structlog.get_logger(__name__)
View = Callable[[HttpRequest, Client], HttpResponse]
_SECRETS = ("client_secret", "code", "code_verifier", "refresh_token", "token")


def endpoint(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """POST by a client that is who it says; refusals in JSON. Cookies count for nothing here, so neither does CSRF."""

    @csrf_exempt
    @sensitive_post_parameters(*_SECRETS)
    @functools.wraps(view)
    def served(request: HttpRequest) -> HttpResponse:
        try:
            if request.method != "POST":
                raise Refusal("invalid_request", "Send POST.", 405, {"Allow": "POST"})
            return view(request, client_of(request))
        except Refusal as refusal:
            return refused(refusal)
        except redis.RedisError as error:
            log.warning("oauth_without_valkey", error=type(error).__name__)
            return refused(Unavailable())

    return readable_by_pages(served)


def actor_of(request: HttpRequest, client: Client) -> Actor:
    """The client as the actor of a write."""
    request_id = getattr(request, "request_id", "")
    return Actor("client", client.client_id, str(client), request_id, client_address(request))


@endpoint
def token(request: HttpRequest, client: Client) -> HttpResponse:
    """An access token for a grant (RFC 6749, section 3.2), in one transaction with what it uses up."""
    thumbprint = thumbprint_of(request)
    validator = Validator(actor_of(request, client), client, thumbprint)
    with transaction.atomic():
        _, _, body, status = OAuthLibCore(Server(validator)).create_token_response(request)
    return passed_on(body, status, next_nonce() if thumbprint else {})


@endpoint
def revoke(request: HttpRequest, client: Client) -> HttpResponse:
    """Take a token back (RFC 7009). What is none of this client's is answered alike and left alone."""
    text = _token_in(request)
    if (access := find_access_token(text, client)) is not None:
        if access.revoked_at is None:
            revoke_access_token(access, actor=actor_of(request, client), reason="Its client gave it back.")
    elif (refresh := find_refresh_token(text, client)) is not None:
        revoke_family(refresh.family, client, actor=actor_of(request, client), reason="Its client gave it back.")
    return answer({})


@endpoint
def introspect(request: HttpRequest, client: Client) -> HttpResponse:
    """What a token is worth now (RFC 7662), told to the client that holds it. Public clients are told nothing."""
    if client.is_public:
        raise Refusal("unauthorized_client", "A public client cannot show that it is the one that asks.")
    return answer(told_of(_token_in(request), client))


def _token_in(request: HttpRequest) -> str:
    text: Any = request.POST.get("token", "")
    if not text:
        raise Refusal("invalid_request", "Send the token as token=…")
    return str(text)
