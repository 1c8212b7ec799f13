"""`/apps/<id>/oauth/` and `/clients/<id>/`: OAuth clients. What they share with keys is done on the pages of keys."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MANAGE_KEYS, access_application
from analytics.calls import calls_of, last_call_at
from analytics.filters import CallFilters
from contract.settings import settings
from keys.clients import set_redirect_uris
from keys.listing import access_client, keys_of
from keys.models import Credential, Grant, Kind, Secret, SecretState, Status
from keys.secret_states import is_retiring
from portal.pages.app_frame import app_frame, credential_frame, place_of
from portal.pages.call_rows import call_rows
from portal.pages.credential_needs import demands_on
from portal.pages.forms.clients import RedirectUrisForm
from portal.pages.oauth_steps import sample_request
from portal.pages.person import actor_of, person
from portal.pages.redirects import see_other

SHOWN_CALLS = 10


@never_cache
@login_required
@require_safe
def clients(request: HttpRequest, app_id: str) -> HttpResponse:
    """Every client of the application, the revoked last."""
    application = access_application(person(request), app_id)
    listed = keys_of(application)
    rows = [row for row in listed if row.credential.kind == Kind.CLIENT]
    in_use = [row.credential for row in rows if not row.is_revoked]
    context = {
        **app_frame(application, "clients", keys=sum(not row.is_revoked for row in listed)),
        "heading": "Clients",
        "rows": rows,
        "demands": demands_on(application, in_use, timezone.now()),
        "sample": sample_request(settings().portal_base, f"{settings().gateway_base}/<api>"),
    }
    return render(request, "clients/list.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def client(request: HttpRequest, client_id: str) -> HttpResponse:
    """All about one client. POST names its redirect URIs anew."""
    is_post = request.method == "POST"
    credential = access_client(person(request), client_id, MANAGE_KEYS if is_post else None)
    form = _redirects_form(request, credential)
    if is_post and form and form.is_valid() and _set_redirects(request, credential, form):
        return see_other(place_of(credential))
    return render(request, "clients/client.html", _context(credential, form), status=422 if is_post else 200)


def _redirects_form(request: HttpRequest, credential: Credential) -> RedirectUrisForm | None:
    """None where nothing is left to change."""
    if credential.status == Status.REVOKED or credential.is_expired:
        return None
    initial = {"redirect_uris": "\n".join(credential.client.redirect_uris)}
    return RedirectUrisForm(request.POST if request.method == "POST" else None, initial=initial)


def _set_redirects(request: HttpRequest, credential: Credential, form: RedirectUrisForm) -> bool:
    try:
        set_redirect_uris(credential, form.cleaned_data["redirect_uris"], actor=actor_of(request))
    except ValidationError as error:
        form.add_error("redirect_uris", error.messages)
        return False
    messages.success(request, "The redirect URIs are saved; anything else is refused from now on.")
    return True


def _context(credential: Credential, form: RedirectUrisForm | None) -> dict[str, Any]:
    calls = calls_of(
        [credential.application.public_id], CallFilters(credential=credential.public_id), limit=SHOWN_CALLS
    )
    called = Credential.objects.filter(pk=credential.pk).values_list(last_call_at(), flat=True)
    return {
        **credential_frame(credential),
        "oauth": credential.client,
        "secrets": working_secrets(credential, timezone.now()),
        "acts_for_people": Grant.AUTHORIZATION_CODE in credential.client.grants,
        "calls_for_itself": Grant.CLIENT_CREDENTIALS in credential.client.grants,
        "consents": credential.consents.filter(withdrawn_at=None).count(),
        "last_used_at": called.first(),
        "rows": call_rows(calls.calls, []),
        "demands": demands_on(credential.application, [credential], timezone.now()),
        "form": form,
    }


def working_secrets(credential: Credential, now: datetime) -> list[tuple[Secret, datetime | None]]:
    """Those that still work, the newest first, each with its end where it has one of its own."""
    secrets = credential.secrets.exclude(state=SecretState.ENDED)
    return [(one, one.not_after) for one in secrets if one.state == SecretState.CURRENT or is_retiring(one, now)]
