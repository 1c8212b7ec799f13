"""`/apps/<id>/keys/` and `/keys/<id>/…`: what an application calls with."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MANAGE_KEYS, access_application
from accounts.models import Application
from analytics.calls import last_call_at
from catalog.models import Operation
from contract.settings import settings
from keys.listing import access_key, keys_of
from keys.models import Credential, Status
from keys.rotation import rotation_of
from keys.writes import NewKey, create_key, rename_key, revoke_key
from plans.access import plans_open_to
from plans.coverage import active_subscriptions
from plans.models import Subscription
from plans.reach import operations_within_plans, plans_with, reach_of
from portal.pages.app_frame import app_frame
from portal.pages.filled_samples import filled_samples
from portal.pages.forms.keys import (
    PRESETS,
    KeyNameForm,
    NewKeyForm,
    access_initial,
    has_confirmed_address,
    initial_of,
    preset_initial,
)
from portal.pages.person import actor_of, person
from portal.pages.recent_login import recent_login_required
from portal.pages.redirects import see_other
from portal.pages.shown_once import keep_secret, take_secret
from portal.reference.first_call import call_to

MOST_WANTED = 50


@never_cache
@login_required
@require_safe
def keys(request: HttpRequest, app_id: str) -> HttpResponse:
    """Every key of the application, the revoked last."""
    application = access_application(person(request), app_id)
    rows = keys_of(application)
    in_use = sum(not row.is_revoked for row in rows)
    return render(request, "keys/list.html", {**app_frame(application, "keys", keys=in_use), "rows": rows})


@never_cache
@login_required
@recent_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_new(request: HttpRequest, app_id: str) -> HttpResponse:
    """GET shows the form, filled in from `?scopes=a+b`, and what the choices so far could call; POST makes the key.

    POST with `show` only shows the same, for browsers without JavaScript.
    """
    application = access_application(person(request), app_id, MANAGE_KEYS)
    held = active_subscriptions(application)
    form = _new_key_form(request, {scope for one in held for scope in one.plan.scopes})
    if request.method == "POST" and "show" not in request.POST:
        made = _make(request, application, form) if form.is_valid() else None
        if made is None:
            return _new_key_page(request, application, held, form, status=422)
        keep_secret(request.session, made.credential.public_id, made.secret)
        return see_other(reverse("key_created", args=[made.credential.public_id]))
    return _new_key_page(request, application, held, form)


def _make(request: HttpRequest, application: Application, form: NewKeyForm) -> NewKey | None:
    """None where the plan has changed since the form was shown."""
    try:
        return create_key(
            application,
            form.cleaned_data["name"],
            actor=actor_of(request),
            environment=form.cleaned_data["environment"],
            scopes=form.granted(),
            networks=form.cleaned_data["networks"],
            expires_at=form.expires_at,
            created_by=person(request),
        )
    except ValidationError as error:
        form.add_error(None, error.messages)
        return None


def _new_key_form(request: HttpRequest, scopes: set[str]) -> NewKeyForm:
    if request.method == "POST":
        if "show" in request.POST:
            return NewKeyForm(person(request), scopes, initial=initial_of(request.POST))
        return NewKeyForm(person(request), scopes, request.POST)
    initial = access_initial(scopes & set(_wanted(request))) | initial_of(request.GET)
    preset = preset_initial(scopes, request.GET.get("preset", ""))
    return NewKeyForm(person(request), scopes, initial=initial | preset)


def _wanted(request: HttpRequest) -> list[str]:
    return request.GET.get("scopes", "").replace(",", " ").split()[:MOST_WANTED]


def _new_key_page(
    request: HttpRequest, application: Application, held: list[Subscription], form: NewKeyForm, status: int = 200
) -> HttpResponse:
    prefetch_related_objects(held, "plan__masks")
    plans = list(plans_open_to(person(request)))
    reach = reach_of(set(form.granted()), operations_within_plans(application), held, plans)
    outside = set(_wanted(request)) - {scope for one in held for scope in one.plan.scopes}
    context = {
        **app_frame(application, "keys", here="New key"),
        "form": form,
        "presets": PRESETS.items(),
        "reach": reach,
        "open_count": sum(one.is_open for one in reach),
        "elsewhere": [(scope, plans_with([scope], plans).get(scope)) for scope in sorted(outside)],
        "can_be_live": has_confirmed_address(person(request)),
    }
    return render(request, "keys/new.html", context, status=status)


@never_cache
@login_required
@require_safe
def key_created(request: HttpRequest, key_id: str) -> HttpResponse:
    """The secret, to whoever made it, once."""
    credential = access_key(person(request), key_id, MANAGE_KEYS)
    secret = take_secret(request.session, key_id) if request.method == "GET" else ""
    context = {
        **app_frame(credential.application, "keys", here=credential.name),
        "key": credential,
        "secret": secret,
        "retiring": rotation_of(credential, timezone.now()).retiring,
    }
    operation = _readable(credential)
    sample = filled_samples(call_to(operation, settings().gateway_base), secret)[0].code if operation else ""
    return render(request, "keys/created.html", context | {"sample": sample})


def _readable(credential: Credential) -> Operation | None:
    """A list that the key may read, to try it on."""
    for operation in operations_within_plans(credential.application):
        is_open = not operation.scope or operation.scope in credential.scopes
        if is_open and operation.method == "GET" and "{" not in operation.path:
            return operation
    return None


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_rename(request: HttpRequest, key_id: str) -> HttpResponse:
    """One field."""
    credential = access_key(person(request), key_id, MANAGE_KEYS)
    form = KeyNameForm(request.POST or None, initial={"name": credential.name})
    if request.method == "POST" and form.is_valid():
        rename_key(credential, form.cleaned_data["name"], actor=actor_of(request))
        messages.success(request, "The key has its new name.")
        return see_other(reverse("keys", args=[credential.application.public_id]))
    context = {**app_frame(credential.application, "keys", here=credential.name), "key": credential, "form": form}
    return render(request, "keys/rename.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_revoke(request: HttpRequest, key_id: str) -> HttpResponse:
    """GET asks once more, saying when the key called last. POST revokes: for good, everywhere within a second."""
    credential = access_key(person(request), key_id, MANAGE_KEYS)
    if request.method == "POST":
        return _revoke(request, credential)
    called = Credential.objects.filter(pk=credential.pk).values_list(last_call_at(), flat=True)
    context = {**app_frame(credential.application, "keys", here=credential.name), "key": credential}
    return render(request, "keys/revoke.html", context | {"last_used_at": called.first()})


def _revoke(request: HttpRequest, credential: Credential) -> HttpResponse:
    if credential.status != Status.REVOKED:
        revoke_key(credential, actor=actor_of(request))
    messages.success(request, f"{credential} is revoked. Calls with it answer 401.")
    return see_other(reverse("keys", args=[credential.application.public_id]))
