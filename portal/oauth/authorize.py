"""`/oauth/authorize/`: a person decides whether a client may act for them (RFC 6749, section 4.1).

The request stands in the address. It is checked before anybody signs in and once more when they have decided; what is
wrong with it goes back to the client, unless it is the client or the way back that is wrong.
"""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from oauth2_provider.exceptions import FatalClientError, OAuthToolkitError
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauthlib.common import add_params_to_uri
from oauthlib.oauth2.rfc6749.errors import AccessDeniedError, OAuth2Error

from audit.actors import Actor
from catalog.models import Api
from contract.settings import settings
from keys.consents import active_consent, give_consent
from keys.models import Client
from keys.redirect_uris import is_on_own_device
from keys.scope_words import scope_words
from portal.oauth.server import Server
from portal.oauth.validator import Validator
from portal.pages.person import actor_of, person

Asked = dict[str, Any]
"""What oauthlib and our validator say of a request: `client`, `redirect_uri`, `scopes`, `state`, `resources`, …"""


class _Backend(OAuthLibCore):
    """Reads the request from the address alone, as Django has read it: the form's fields are ours, and oauthlib does
    not take what is not encoded as it should be."""

    def _extract_params(self, request: HttpRequest) -> tuple[str, str, str, dict[str, str]]:
        return f"{request.path}?{request.GET.urlencode()}", "GET", "", {}


class BackToClient(HttpResponseRedirect):
    """303, so that the form is not sent on (RFC 9700, section 4.12). Programs on a device have schemes of their own."""

    status_code = 303

    def __init__(self, uri: str) -> None:
        self.allowed_schemes = [urlsplit(uri).scheme]
        super().__init__(uri)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """GET shows what would be allowed, to who is signed in; POST carries the decision out."""
    backend = _Backend(Server(Validator(_nobody(request))))
    try:
        asked = _asked(backend, request)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return _decide(backend, request, asked) if request.method == "POST" else _page(request, asked)
    except FatalClientError as error:
        return render(request, "oauth/refused.html", {"error": {"code": error.oauthlib_error.error}}, status=400)
    except OAuthToolkitError as error:
        return _back_with(error.oauthlib_error)


def _nobody(request: HttpRequest) -> Actor:
    """Nothing is written in the name of who has not signed in."""
    return Actor("system", "authorization", "", getattr(request, "request_id", ""))


def _asked(backend: OAuthLibCore, request: HttpRequest) -> Asked:
    scopes, info = backend.validate_authorization_request(request)
    return {**info, "scopes": scopes, "client": info["request"].client}


def _decide(backend: OAuthLibCore, request: HttpRequest, asked: Asked) -> HttpResponse:
    if request.POST.get("allow") != "true":
        return _back_with(AccessDeniedError(request=asked["request"]))
    client: Client = asked["client"]
    consent = give_consent(
        person(request),
        client.credential,
        scopes=asked["scopes"],
        apis=[uri.rpartition("/")[2] for uri in asked["resources"]],
        actor=actor_of(request),
    )
    uri, _, _, _ = backend.create_authorization_response(
        request, asked["scopes"], {**asked, "consent": consent}, allow=True
    )
    return BackToClient(uri)


def _back_with(error: OAuth2Error) -> HttpResponse:
    return BackToClient(add_params_to_uri(error.redirect_uri, [*error.twotuples, ("iss", settings().portal_base)]))


def _page(request: HttpRequest, asked: Asked) -> HttpResponse:
    response = render(request, "oauth/authorize.html", {"consent": _consent(request, asked), "form": forms.Form()})
    # Browsers hold a form's redirects against the policy as well.
    response._csp_update = {"form-action": [_source(asked["redirect_uri"])]}  # type: ignore[attr-defined]
    return response


def _source(uri: str) -> str:
    """An address as a source of a content security policy."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def _consent(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    credential = asked["client"].credential
    application, slugs = credential.application, [uri.rpartition("/")[2] for uri in asked["resources"]]
    standing = active_consent(person(request), credential)
    return {
        "client_name": credential.name,
        "application_name": application.name,
        "organisation_name": application.organisation.name,
        "environment": credential.environment,
        "redirect_host": urlsplit(asked["redirect_uri"]).hostname or urlsplit(asked["redirect_uri"]).scheme,
        "is_own_device": is_on_own_device(asked["redirect_uri"]),
        "apis": list(Api.objects.filter(slug__in=slugs).values_list("title", flat=True)),
        "scopes": scope_words(application, asked["scopes"], slugs),
        "since": standing and standing.granted_at,
    }
