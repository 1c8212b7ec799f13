"""`/account/security/`: the second factors of a person, and how they come and go."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp_webauthn.models import WebAuthnCredential

from accounts.access import NotVisible
from accounts.recovery_codes import RECOVERY_CODES, make_recovery_codes
from accounts.second_factor import factors_of, must_have_second_factor, remove_authenticator, remove_passkey
from accounts.second_factor import rename_passkey as give_name
from portal.pages.passkeys import MOST_NAME_CHARACTERS
from portal.pages.person import actor_of, person
from portal.pages.recent_login import recent_login_required
from portal.pages.redirects import see_other
from portal.pages.shown_once import keep_secret, take_secret

_RECOVERY = "recovery codes"


class PasskeyNameForm(forms.Form):
    """What the person calls the device."""

    name = forms.CharField(label="Name", max_length=MOST_NAME_CHARACTERS)


@never_cache
@login_required
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """What there is, and what is missing."""
    user = person(request)
    next_url = request.GET.get("next", "")
    context = {
        "nav": "account",
        "factors": factors_of(user),
        "must_have": must_have_second_factor(user),
        "onward": f"?{urlencode({'next': next_url})}" if next_url else "",
    }
    return render(request, "account_page/security.html", context)


@never_cache
@login_required
@recent_login_required
@require_POST
def authenticator_remove(request: HttpRequest) -> HttpResponse:
    """The app's codes are worth nothing from now on."""
    return _act(request, lambda: remove_authenticator(person(request), actor=actor_of(request)), "The app is removed.")


@never_cache
@login_required
@recent_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def passkey_rename(request: HttpRequest, passkey_id: str) -> HttpResponse:
    """One field."""
    passkey = _own_passkey(request, passkey_id)
    form = PasskeyNameForm(request.POST if request.method == "POST" else None, initial={"name": passkey.name})
    if form.is_valid():
        give_name(passkey, form.cleaned_data["name"], actor=actor_of(request))
        return see_other(reverse("security"))
    context: dict[str, Any] = {"nav": "account", "form": form, "passkey": passkey}
    return render(request, "account_page/passkey.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@recent_login_required
@require_POST
def passkey_remove(request: HttpRequest, passkey_id: str) -> HttpResponse:
    """It opens nothing from now on."""
    passkey = _own_passkey(request, passkey_id)
    return _act(request, lambda: remove_passkey(passkey, actor=actor_of(request)), f"{passkey.name} is removed.")


def _own_passkey(request: HttpRequest, passkey_id: str) -> WebAuthnCredential:
    passkey = WebAuthnCredential.objects.filter(user=person(request), credential_id_sha256=passkey_id).first()
    if passkey is None:
        raise NotVisible(passkey_id)
    return passkey


@never_cache
@login_required
@recent_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def recovery(request: HttpRequest) -> HttpResponse:
    """POST makes new codes, which the next GET shows, once."""
    if request.method == "POST":
        return _make_codes(request)
    codes = take_secret(request.session, _RECOVERY) if request.method == "GET" else ""
    context = {"nav": "account", "codes": codes, "amount": RECOVERY_CODES, "factors": factors_of(person(request))}
    return render(request, "account_page/recovery.html", context)


def _make_codes(request: HttpRequest) -> HttpResponse:
    try:
        codes = make_recovery_codes(person(request), actor=actor_of(request))
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return see_other(reverse("security"))
    keep_secret(request.session, _RECOVERY, "\n".join(codes))
    return see_other(reverse("recovery"))


def _act(request: HttpRequest, act: Any, done: str) -> HttpResponse:
    try:
        act()
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, done)
    return see_other(reverse("security"))
