"""`/account/consents/`: what may act for a person, and taking it back."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from keys.consents import access_consent, consents_of, withdraw_consent
from keys.models import Consent
from keys.scope_words import ScopeWords, scope_words
from portal.pages.person import actor_of, person
from portal.pages.redirects import see_other


@never_cache
@login_required
@require_safe
def consents(request: HttpRequest) -> HttpResponse:
    """Every client that may act for the person, the newest first."""
    rows = list(consents_of(person(request)))
    return render(request, "consents/list.html", {"nav": "consents", "rows": rows})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest, consent_id: str) -> HttpResponse:
    """One consent, with the question whether to withdraw it; afterwards the receipt. POST withdraws."""
    found = access_consent(person(request), consent_id)
    if request.method == "POST":
        if found.is_active:
            withdraw_consent(found, actor=actor_of(request))
        return see_other(reverse("consent", args=[found.public_id]))
    context: dict[str, Any] = {"nav": "consents", "consent": found, "scopes": _words(found)}
    return render(request, "consents/consent.html", context)


def _words(found: Consent) -> list[ScopeWords]:
    return scope_words(found.credential.application, found.scopes, found.apis)
