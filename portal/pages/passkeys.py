"""Passkeys in the browser: two addresses to sign in or prove oneself with one, and four to have them.

`begin` answers the options as JSON; static/js/passkeys.js asks the browser and sends its answer as an ordinary form.
"""

import json
from typing import Any

from allauth.account.internal.decorators import login_not_required
from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from allauth.account.stages import LoginStage, LoginStageController
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_otp import login as mark_verified
from django_otp_webauthn.models import WebAuthnCredential

from accounts.models import User
from accounts.passkeys import PasskeyRefused, begin_enrolment, begin_proof, finish_enrolment, finish_proof
from portal.login_stages import BY_PASSKEY, CodeStage
from portal.pages.person import actor_of, person
from portal.pages.recent_login import recent_login_required
from portal.pages.redirects import see_other, way_on
from portal.recent_login import note_proof

_PROOF, _ENROLMENT = "passkey proof", "passkey enrolment"
MOST_ANSWER_CHARACTERS = 100_000
MOST_NAME_CHARACTERS = 60


@never_cache
@login_not_required
@require_POST
def passkey_begin(request: HttpRequest) -> HttpResponse:
    """For the person who is signed in or about to be; for anybody's passkey where nobody is."""
    limited = ratelimit.consume_or_429(request, action="login")
    if limited:
        return limited
    options, request.session[_PROOF] = begin_proof(_whose(request, _stage(request)))
    return JsonResponse(options)


def _stage(request: HttpRequest) -> LoginStage | None:
    return None if request.user.is_authenticated else LoginStageController.enter(request, CodeStage.key)


def _whose(request: HttpRequest, stage: LoginStage | None) -> User | None:
    return request.user if isinstance(request.user, User) else stage and stage.login.user  # type: ignore[return-value]


@never_cache
@login_not_required
@require_POST
def passkey_finish(request: HttpRequest) -> HttpResponse:
    """Signs in, ends the second step, or counts as a fresh proof: whatever the browser is at."""
    stage = _stage(request)
    try:
        passkey = finish_proof(_whose(request, stage), request.session.pop(_PROOF, {}), _answer(request))
    except PasskeyRefused as error:
        messages.error(request, error.messages[0])
        return see_other(_where_it_began(request, stage))
    response = _let_in(request, stage, passkey)
    note_proof(request.session)
    mark_verified(request, passkey)
    response.status_code = 303
    return response


def _let_in(request: HttpRequest, stage: LoginStage | None, passkey: WebAuthnCredential) -> HttpResponse:
    if request.user.is_authenticated:
        return see_other(way_on(request))
    if stage:
        return stage.exit()
    login = Login(user=passkey.user, redirect_url=way_on(request), email=passkey.user.email)
    login.state[BY_PASSKEY] = True
    return perform_login(request, login)


def _where_it_began(request: HttpRequest, stage: LoginStage | None) -> str:
    if request.user.is_authenticated:
        return f"{reverse('account_reauthenticate')}?{request.GET.urlencode()}"
    return reverse("login_code" if stage else "account_login")


def _answer(request: HttpRequest) -> Any:
    """The browser's answer. Raises PasskeyRefused for what is no JSON object."""
    text = request.POST.get("credential", "")
    try:
        answer = json.loads(text) if len(text) <= MOST_ANSWER_CHARACTERS else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise PasskeyRefused
    return answer


@never_cache
@login_required
@recent_login_required
@require_POST
def passkey_enrol_begin(request: HttpRequest) -> HttpResponse:
    """The options of a new passkey."""
    options, request.session[_ENROLMENT] = begin_enrolment(person(request))
    return JsonResponse(options)


@never_cache
@login_required
@recent_login_required
@require_POST
def passkey_enrol(request: HttpRequest) -> HttpResponse:
    """Keep the new passkey under the name that was typed in."""
    name = request.POST.get("name", "").strip()[:MOST_NAME_CHARACTERS] or "Passkey"
    state = request.session.pop(_ENROLMENT, {})
    try:
        passkey = finish_enrolment(person(request), name, state, _answer(request), actor=actor_of(request))
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return see_other(reverse("security"))
    if not request.user.is_verified():  # type: ignore[union-attr]
        mark_verified(request, passkey)
    messages.success(request, f"{passkey.name} is added. You can sign in with it.")
    return see_other(way_on(request) if "next" in request.GET else reverse("security"))
