"""`/account/consents/`: what may act for a person, and taking it back, whole or in parts."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from keys.consents import access_consent, consents_of, narrow_consent, withdraw_consent
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


class NarrowForm(forms.Form):
    """Offers the scopes of a consent, none of them ticked."""

    taken = forms.MultipleChoiceField(
        label="Take away",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick what it should not do any more."},
    )

    def __init__(self, data: QueryDict | None, scopes: list[str]) -> None:
        super().__init__(data)
        self.fields["taken"].choices = [(scope, scope) for scope in scopes]  # type: ignore[attr-defined]


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest, consent_id: str) -> HttpResponse:
    """One consent, with the question whether to withdraw it or take parts away; afterwards the receipt."""
    found = access_consent(person(request), consent_id)
    is_narrowing = "narrow" in request.POST
    form = NarrowForm(request.POST if is_narrowing else None, found.scopes)
    if request.method == "POST" and (_narrowed(form, found, request) if is_narrowing else _withdrawn(found, request)):
        return see_other(reverse("consent", args=[found.public_id]))
    context: dict[str, Any] = {
        "nav": "consents",
        "consent": found,
        "scopes": _words(found),
        "form": form,
        "hidden": [("narrow", "yes")],
    }
    return render(request, "consents/consent.html", context, status=422 if form.errors else 200)


def _withdrawn(found: Consent, request: HttpRequest) -> bool:
    if found.is_active:
        withdraw_consent(found, actor=actor_of(request))
    return True


def _narrowed(form: NarrowForm, found: Consent, request: HttpRequest) -> bool:
    if not form.is_valid():
        return False
    try:
        narrow_consent(found, form.cleaned_data["taken"], actor=actor_of(request))
    except ValidationError as error:
        form.add_error("taken", error)
        return False
    messages.success(request, f"{found.credential.name} may do less for you now.")
    return True


def _words(found: Consent) -> list[ScopeWords]:
    return scope_words(found.credential.application, found.scopes, found.apis)
