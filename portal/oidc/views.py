"""`/oidc/start/` and `/oidc/callback/`: to the provider and back."""

import functools
import secrets
from collections.abc import Callable
from urllib.parse import urlencode

import structlog
from allauth.core import ratelimit
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from contract.settings import settings
from portal.oidc.exchange import Identity, identity_of
from portal.oidc.metadata import provider_metadata
from portal.oidc.provider import OidcProvider, callback_address
from portal.oidc.provider_link import ProviderError
from portal.oidc.refusals import Refusal, refuse
from portal.oidc.ways import END_USERS, is_configured, route_of
from portal.pages.redirects import see_other, way_on

log = structlog.get_logger(__name__)
View = Callable[[HttpRequest], HttpResponse]


def _where_configured(view: View) -> View:
    """There is no such address where no provider is set up."""

    @functools.wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not is_configured():
            raise Http404
        return view(request)

    return guarded


@never_cache
@_where_configured
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """A page that leads on to the provider by itself: browsers hold a form's redirects against the page's policy, and
    where the provider sends people on is not known."""
    target = way_on(request)
    if request.user.is_authenticated:
        return see_other(target)
    if limited := ratelimit.consume_or_429(request, action="login"):
        return limited
    if route_of(target) not in END_USERS:
        raise Http404
    try:
        address = _authorization_address(request, target)
    except ProviderError as error:
        return _failed(request, error, target)
    return render(request, "oidc/leaving.html", {"name": settings().oidc_name, "address": address})


def _authorization_address(request: HttpRequest, target: str) -> str:
    """With what only this browser's session knows in full. Raises ProviderError."""
    endpoint, nonce = provider_metadata().authorization_endpoint, secrets.token_urlsafe(32)
    proof = generate_code_challenge()
    state = OidcProvider(request).stash_redirect_state(
        request, "login", target, nonce=nonce, pkce_code_verifier=proof["code_verifier"]
    )
    asked = {
        "response_type": "code",
        "client_id": settings().oidc_client_id,
        "redirect_uri": callback_address(),
        "scope": "openid email",
        "state": state,
        "nonce": nonce,
        "code_challenge": proof["code_challenge"].decode(),
        "code_challenge_method": "S256",
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


@never_cache
@_where_configured
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Signs in, or says why not. What was to come next stands in the session, not in the address."""
    provider = OidcProvider(request)
    state = provider.stashed(request.GET.get("state", ""))
    if state is None:
        return refuse(request, Refusal.ENDED)
    target = str(state.get("next", ""))
    if request.GET.get("error") == "access_denied":
        return refuse(request, Refusal.CANCELLED, target)
    try:
        login = provider.sociallogin_from_response(request, _identity(request, state))
        login.state = state
        return complete_social_login(request, login)
    except (ProviderError, IntegrityError) as error:
        return _failed(request, error, target)


def _identity(request: HttpRequest, state: dict[str, str]) -> Identity:
    """Raises ProviderError."""
    _check_sender(request)
    code = request.GET.get("code", "")
    if "error" in request.GET or not code:
        raise ProviderError("the provider sent an error instead of a code")
    return identity_of(code, verifier=state["pkce_code_verifier"], nonce=state["nonce"], callback=callback_address())


def _check_sender(request: HttpRequest) -> None:
    """Against answers of other servers (RFC 9207). Raises ProviderError."""
    sender = request.GET.get("iss")
    if sender != settings().oidc_issuer and (sender is not None or provider_metadata().names_itself):
        raise ProviderError("the answer is another issuer's")


def _failed(request: HttpRequest, error: Exception, target: str) -> HttpResponse:
    """For the operator the reason; nothing of it for who might have forged an answer."""
    log.warning("oidc_sign_in_failed", reason=str(error) if isinstance(error, ProviderError) else type(error).__name__)
    return refuse(request, Refusal.FAILED, target)
