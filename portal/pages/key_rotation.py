"""`/keys/<id>/rotate/`: a new secret beside the old one, who still calls with the old one, and its end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import MANAGE_KEYS
from analytics.key_use import use_of_key
from audit.writing import Conflict
from keys.listing import access_key
from keys.models import Credential, Status
from keys.rotation import cancel_rotation, end_overlap, extend_overlap, rotation_of, start_rotation
from portal.pages.app_frame import credential_frame, place_of
from portal.pages.forms.key_rotation import OverlapForm, RotateForm
from portal.pages.person import actor_of, person
from portal.pages.recent_login import recent_login_required
from portal.pages.redirects import see_other
from portal.pages.shown_once import keep_secret

CALLERS_WITHIN = timedelta(hours=24)


@never_cache
@login_required
@recent_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_rotate(request: HttpRequest, key_id: str) -> HttpResponse:
    """POST does what `act` says: rotate, extend, end or cancel. What somebody else did meanwhile is 409."""
    credential = access_key(person(request), key_id, MANAGE_KEYS)
    if refusal := _refusal(credential):
        messages.info(request, refusal)
        return see_other(place_of(credential))
    if request.method != "POST":
        return _page(request, credential)
    act = _ACTS.get(request.POST.get("act", ""))
    return act(request, credential) if act else _page(request, credential, status=422)


def _refusal(credential: Credential) -> str:
    if credential.status == Status.REVOKED:
        return f"{credential} is revoked for good: make another {credential.kind}."
    if credential.is_documentation:
        return f"{credential} has no secret: only the portal calls with it."
    if credential.is_public_client:
        return f"{credential} is a public client: it has no secret to rotate. Give it more time under Change."
    return ""


def _rotate(request: HttpRequest, credential: Credential) -> HttpResponse:
    form = RotateForm(credential, request.POST)

    def step() -> None:
        made = start_rotation(
            credential,
            actor=actor_of(request),
            overlap=form.overlap_chosen,
            replaces=form.cleaned_data["replaces"],
            expires_at=form.expires_at,
        )
        keep_secret(request.session, credential.public_id, made.secret)

    return _answer(request, credential, form, step, "key_created")


def _extend(request: HttpRequest, credential: Credential) -> HttpResponse:
    form = OverlapForm(request.POST)

    def step() -> None:
        extend_overlap(credential, actor=actor_of(request), overlap=form.overlap_chosen)
        messages.success(request, "The old secret works longer.")

    return _answer(request, credential, form, step)


def _end(request: HttpRequest, credential: Credential) -> HttpResponse:
    def step() -> None:
        ended = end_overlap(credential, actor=actor_of(request))
        messages.success(request, f"The old secret {ended} is ended. Calls with it answer 401.")

    return _answer(request, credential, forms.Form(request.POST), step)


def _cancel(request: HttpRequest, credential: Credential) -> HttpResponse:
    def step() -> None:
        kept = cancel_rotation(credential, actor=actor_of(request))
        messages.success(request, f"The rotation is cancelled: {kept} goes on, the new secret answers 401.")

    return _answer(request, credential, forms.Form(request.POST), step)


_ACTS: dict[str, Callable[[HttpRequest, Credential], HttpResponse]] = {
    "rotate": _rotate,
    "extend": _extend,
    "end": _end,
    "cancel": _cancel,
}


def _answer(
    request: HttpRequest, credential: Credential, form: forms.Form, step: Callable[[], None], to: str = "key_rotate"
) -> HttpResponse:
    """Take the step; where it is refused, the page as it stands now says why."""
    if not form.is_valid():
        return _page(request, credential, form, status=422)
    try:
        step()
    except ValidationError as error:
        form.add_error(None, error.messages)
        return _page(request, credential, form, status=409 if isinstance(error, Conflict) else 422)
    return see_other(reverse(to, args=[credential.public_id]))


def _page(
    request: HttpRequest, credential: Credential, refused: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    current, retiring = rotation_of(credential, now)
    since = current.created_at if retiring else now - CALLERS_WITHIN
    use = use_of_key(credential.public_id, since)
    context: dict[str, Any] = {
        **credential_frame(credential),
        "in_use": current,
        "retiring": retiring,
        "since": since,
        "use": use.of_secret(retiring.public_id) if retiring else use.of_all(),
        "use_of_new": use.of_secret(current.public_id),
        "is_cut": use.is_cut,
        "is_idle": bool(retiring and use.is_idle(retiring.public_id, now)),
        "refused": refused,
        "form": refused if isinstance(refused, RotateForm) else _new_form(credential, current.public_id),
        "overlap_form": refused if isinstance(refused, OverlapForm) else OverlapForm(initial={"overlap": "24h"}),
    }
    return render(request, "keys/rotate.html", context, status=status)


def _new_form(credential: Credential, replaces: str) -> RotateForm:
    return RotateForm(credential, initial={"replaces": replaces})
