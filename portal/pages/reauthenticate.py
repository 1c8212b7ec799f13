"""`/reauthenticate/`: a password or a code once more, before keys, members or second factors change."""

from typing import Any

from allauth.core import ratelimit
from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.second_factor import WrongCode, check_code, factors_of, has_authenticator
from portal.browsers import place_in
from portal.pages.person import person
from portal.pages.redirects import see_other, way_on
from portal.recent_login import note_proof


class ProofForm(forms.Form):
    """Has a field for each thing that this person can prove themselves with; one of them is enough."""

    password = forms.CharField(
        label="Password",
        max_length=1024,
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    code = forms.CharField(
        label="Or the code of your authenticator app",
        max_length=12,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "mono"}),
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST if request.method == "POST" else None)
        self._request, self._user = request, person(request)
        if not self._user.has_usable_password():
            del self.fields["password"]
        if not has_authenticator(self._user):
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        """Checks what was given; a code is used up by it."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("password"):
            self._check_password(cleaned["password"])
        elif cleaned.get("code"):
            self._check_code(cleaned["code"])
        else:
            raise ValidationError("Type one of them in.")
        return cleaned

    def _check_password(self, password: str) -> None:
        if not self._user.check_password(password):
            self.add_error("password", "That is not your password.")

    def _check_code(self, code: str) -> None:
        try:
            check_code(self._user, "".join(code.split()), place_in(self._request, self._user))
        except WrongCode as error:
            self.add_error("code", str(error))


@never_cache
@sensitive_post_parameters("password", "code")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reauthenticate(request: HttpRequest) -> HttpResponse:
    """Leads on to `?next=`. A person who has nothing to show here can sign in anew instead."""
    limited = ratelimit.consume_or_429(request, action="reauthenticate", user=request.user)
    if limited:
        return limited
    form = ProofForm(request)
    if form.is_valid():
        note_proof(request.session)
        return see_other(way_on(request))
    context = {"form": form, "passkeys": factors_of(person(request)).passkeys}
    return render(request, "account/reauthenticate.html", context, status=422 if form.errors else 200)
