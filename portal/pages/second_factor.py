"""`/login/code/` asks for the second factor; `/account/security/code/` enrols an authenticator app.

The secret of an authenticator that is being enrolled stands in the session until the first right code, then only with
the person's account.
"""

import io

import qrcode
from allauth.account.internal.decorators import login_not_required
from allauth.account.stages import LoginStage, LoginStageController
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django_otp import login as mark_verified
from django_otp.plugins.otp_static.models import StaticDevice
from qrcode.image.svg import SvgPathImage

from accounts.models import User
from accounts.second_factor import (
    AlreadyEnrolled,
    WrongCode,
    check_code,
    enrol,
    enrolment_url,
    factors_of,
    has_authenticator,
    has_second_factor,
    new_key,
    readable_key,
)
from portal.browsers import place_in, renew_session
from portal.login_stages import CodeStage
from portal.pages.person import actor_for, person
from portal.pages.recent_login import recent_login_required
from portal.pages.redirects import way_on
from portal.recent_login import note_proof

KEY_IN_ENROLMENT = "second factor in enrolment"


class CodeForm(forms.Form):
    """Six digits; apps show them in two groups, so spaces are taken out."""

    code = forms.CharField(
        label="Code",
        max_length=12,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "class": "mono"}
        ),
    )

    def clean_code(self) -> str:
        """Digits only."""
        return "".join(str(self.cleaned_data["code"]).split())


class LoginCodeForm(CodeForm):
    """Here a recovery code will do as well."""

    code = forms.CharField(
        label="Code",
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "class": "mono"}),
        help_text="Six digits from your authenticator app, or one of your recovery codes.",
    )


@never_cache
@login_not_required
def login_code(request: HttpRequest) -> HttpResponse:
    """The second step of a login, or of a session that began before there was a second factor."""
    stage = None if request.user.is_authenticated else LoginStageController.enter(request, CodeStage.key)
    user = request.user if request.user.is_authenticated else stage and stage.login.user
    if not user or not has_second_factor(user):
        return redirect(settings.LOGIN_URL)
    form = LoginCodeForm(request.POST or None)
    if form.is_valid():
        try:
            return _go_on(request, user, stage, form.cleaned_data["code"])
        except WrongCode as error:
            form.add_error("code", str(error))
    context = {"form": form, "factors": factors_of(user)}
    return render(request, "account/login_code.html", context, status=422 if form.errors else 200)


def _go_on(request: HttpRequest, user: User, stage: LoginStage | None, code: str) -> HttpResponse:
    device = check_code(user, code, place_in(request, user))
    response = stage.exit() if stage else redirect(way_on(request))
    mark_verified(request, device)
    note_proof(request.session)
    if isinstance(device, StaticDevice):
        left = factors_of(user).recovery_codes_left
        messages.warning(request, f"That recovery code is used up; {left} are left. Make new ones under your account.")
    return response


@never_cache
@login_required
@recent_login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """Scan, type the first code, done."""
    if has_authenticator(person(request)):
        return redirect(way_on(request))
    key = request.session.setdefault(KEY_IN_ENROLMENT, new_key())
    form = CodeForm(request.POST or None)
    if form.is_valid() and _enrolled(request, key, form):
        return redirect(way_on(request))
    context = {"form": form, "readable_key": readable_key(key)}
    return render(request, "account/second_factor.html", context, status=422 if form.errors else 200)


def _enrolled(request: HttpRequest, key: str, form: CodeForm) -> bool:
    actor = actor_for(request.user, request)  # type: ignore[arg-type]
    try:
        device = enrol(request.user, key, form.cleaned_data["code"], actor=actor)
    except (WrongCode, AlreadyEnrolled) as error:
        form.add_error("code", str(error))
        return False
    del request.session[KEY_IN_ENROLMENT]
    renew_session(request.session)
    mark_verified(request, device)
    return True


@never_cache
@login_required
def second_factor_picture(request: HttpRequest) -> HttpResponse:
    """The QR code of the enrolment under way; 404 where none is."""
    key = request.session.get(KEY_IN_ENROLMENT)
    if key is None:
        raise Http404
    picture = qrcode.make(
        enrolment_url(request.user, key, settings.OTP_TOTP_ISSUER), image_factory=SvgPathImage, border=4
    )
    drawn = io.BytesIO()
    picture.save(drawn)
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")
