"""`/keys/<id>/change/`, `/suspend/`, `/resume/`: what a key may do, and whether, changed afterwards."""

from copy import copy

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import MANAGE_KEYS
from keys.changes import change_key
from keys.listing import access_key
from keys.models import Credential, Side, Status
from keys.suspension import may_resume, resume_key, suspend_key
from plans.access import plans_open_to
from plans.coverage import active_subscriptions
from plans.models import Subscription
from plans.reach import operations_within_plans, reach_of
from portal.pages.app_frame import credential_frame, place_of
from portal.pages.credential_needs import demands_on
from portal.pages.forms.key_changes import ChangeKeyForm
from portal.pages.forms.keys import PRESETS
from portal.pages.person import actor_of, person
from portal.pages.recent_login import recent_login_required
from portal.pages.redirects import see_other


@never_cache
@login_required
@recent_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_change(request: HttpRequest, key_id: str) -> HttpResponse:
    """Scopes, networks and expiry. POST with `show` only shows what the choices could call."""
    credential = access_key(person(request), key_id, MANAGE_KEYS)
    held = active_subscriptions(credential.application)
    plan_scopes = {scope for one in held for scope in one.plan.scopes}
    if request.method == "POST" and "show" not in request.POST:
        form = ChangeKeyForm(credential, plan_scopes, request.POST)
        if form.is_valid() and _change(request, credential, form):
            return see_other(place_of(credential))
        return _page(request, credential, held, form, status=422)
    chosen = request.POST or request.GET
    return _page(request, credential, held, ChangeKeyForm.shown(credential, plan_scopes, chosen))


def _change(request: HttpRequest, credential: Credential, form: ChangeKeyForm) -> bool:
    try:
        change_key(credential, actor=actor_of(request), **form.changes())
    except ValidationError as error:
        form.add_error(None, error.messages)
        return False
    messages.success(request, f"{credential} is changed, at every gateway within a second.")
    return True


def _page(
    request: HttpRequest, credential: Credential, held: list[Subscription], form: ChangeKeyForm, status: int = 200
) -> HttpResponse:
    prefetch_related_objects(held, "plan__masks")
    plans = list(plans_open_to(person(request)))
    operations = operations_within_plans(credential.application)
    reach = reach_of(set(form.granted()), operations, held, plans)
    changed = copy(credential)
    changed.scopes = form.granted()
    context = {
        **credential_frame(credential),
        "form": form,
        "presets": PRESETS.items(),
        "reach": reach,
        "open_count": sum(one.is_open for one in reach),
        "demands": demands_on(credential.application, [changed], timezone.now(), operations=operations, held=held),
        "may_resume": may_resume(credential, Side.TEAM),
    }
    return render(request, "keys/change.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_suspend(request: HttpRequest, key_id: str) -> HttpResponse:
    """GET asks once more. POST refuses the key's calls until it is resumed."""
    credential = access_key(person(request), key_id, MANAGE_KEYS)
    if request.method == "POST" and credential.status == Status.ACTIVE:
        suspend_key(credential, Side.TEAM, actor=actor_of(request))
        messages.success(request, f"{credential} is suspended. Its calls are refused until you resume it.")
        return see_other(place_of(credential))
    return _ask(request, credential)


@never_cache
@login_required
@recent_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_resume(request: HttpRequest, key_id: str) -> HttpResponse:
    """GET asks once more. POST lets a key go on that its team suspended; what staff suspended stays so, with 409."""
    credential = access_key(person(request), key_id, MANAGE_KEYS)
    is_suspended = credential.status == Status.SUSPENDED
    if request.method == "POST" and is_suspended and may_resume(credential, Side.TEAM):
        resume_key(credential, Side.TEAM, actor=actor_of(request))
        messages.success(request, f"{credential} goes on.")
        return see_other(place_of(credential))
    return _ask(request, credential, status=409 if request.method == "POST" and is_suspended else 200)


def _ask(request: HttpRequest, credential: Credential, status: int = 200) -> HttpResponse:
    """The page fits the key as it stands, whichever of the two was asked for."""
    context = {
        **credential_frame(credential),
        "may_resume": may_resume(credential, Side.TEAM),
    }
    return render(request, "keys/suspend.html", context, status=status)
