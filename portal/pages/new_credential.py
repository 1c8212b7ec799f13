"""`/apps/<id>/keys/new/` and `/apps/<id>/oauth/new/`: what an application calls with, made in one form."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import MANAGE_KEYS, access_application
from accounts.models import Application
from keys.clients import create_client
from keys.models import Credential, Kind
from keys.writes import create_key
from plans.access import plans_open_to
from plans.coverage import active_subscriptions
from plans.models import Subscription
from plans.reach import operations_within_plans, plans_with, reach_of
from portal.pages.app_frame import app_frame
from portal.pages.credential_needs import demands_on
from portal.pages.forms.clients import NewClientForm
from portal.pages.forms.keys import (
    PRESETS,
    NewKeyForm,
    access_initial,
    has_confirmed_address,
    initial_of,
    preset_initial,
)
from portal.pages.person import actor_of, person
from portal.pages.recent_login import recent_login_required
from portal.pages.redirects import see_other
from portal.pages.shown_once import keep_secret

MOST_WANTED = 50


class Sort(NamedTuple):
    """What is made: its kind, the form that asks for it, the write that makes it, the tab and the template."""

    kind: Kind
    form: type[NewKeyForm]
    create: Callable[..., Any]
    tab: str
    template: str


_KEY = Sort(Kind.KEY, NewKeyForm, create_key, "keys", "keys/new.html")
_CLIENT = Sort(Kind.CLIENT, NewClientForm, create_client, "clients", "clients/new.html")


@never_cache
@login_required
@recent_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_new(request: HttpRequest, app_id: str) -> HttpResponse:
    """GET shows the form, filled in from `?scopes=a+b`, and what the choices so far could call; POST makes the key.

    POST with `show` only shows the same, for browsers without JavaScript.
    """
    return _new(request, app_id, _KEY)


@never_cache
@login_required
@recent_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def client_new(request: HttpRequest, app_id: str) -> HttpResponse:
    """The same for an OAuth client."""
    return _new(request, app_id, _CLIENT)


def _new(request: HttpRequest, app_id: str, sort: Sort) -> HttpResponse:
    application = access_application(person(request), app_id, MANAGE_KEYS)
    held = active_subscriptions(application)
    form = _form(request, sort, {scope for one in held for scope in one.plan.scopes})
    if request.method == "POST" and "show" not in request.POST:
        made = _make(request, application, sort, form) if form.is_valid() else None
        if made is None:
            return _page(request, application, sort, held, form, status=422)
        return see_other(reverse("key_created", args=[made.public_id]))
    return _page(request, application, sort, held, form)


def _make(request: HttpRequest, application: Application, sort: Sort, form: NewKeyForm) -> Credential | None:
    """None where the write refuses: the plan has changed since the form was shown, a redirect URI is no good."""
    try:
        credential, secret = sort.create(
            application,
            form.cleaned_data["name"],
            actor=actor_of(request),
            environment=form.cleaned_data["environment"],
            scopes=form.granted(),
            networks=form.cleaned_data["networks"],
            expires_at=form.expires_at,
            created_by=person(request),
            **form.oauth_facts,
        )
    except ValidationError as error:
        form.refuse(error)
        return None
    if secret:
        keep_secret(request.session, credential.public_id, secret)
    return credential  # type: ignore[no-any-return]


def _form(request: HttpRequest, sort: Sort, scopes: set[str]) -> NewKeyForm:
    if request.method == "POST":
        if "show" in request.POST:
            return sort.form(person(request), scopes, initial=initial_of(request.POST))
        return sort.form(person(request), scopes, request.POST)
    initial = access_initial(scopes & set(_wanted(request))) | initial_of(request.GET)
    preset = preset_initial(scopes, request.GET.get("preset", ""))
    return sort.form(person(request), scopes, initial=initial | preset)


def _wanted(request: HttpRequest) -> list[str]:
    return request.GET.get("scopes", "").replace(",", " ").split()[:MOST_WANTED]


def _page(
    request: HttpRequest,
    application: Application,
    sort: Sort,
    held: list[Subscription],
    form: NewKeyForm,
    status: int = 200,
) -> HttpResponse:
    prefetch_related_objects(held, "plan__masks")
    plans = list(plans_open_to(person(request)))
    operations = operations_within_plans(application)
    reach = reach_of(set(form.granted()), operations, held, plans)
    drafted = Credential(kind=sort.kind, scopes=form.granted(), created_by=person(request))
    outside = set(_wanted(request)) - {scope for one in held for scope in one.plan.scopes}
    context = {
        **app_frame(application, sort.tab, here=f"New {sort.kind.value}"),
        "kind": sort.kind.value,
        "form": form,
        "presets": PRESETS.items(),
        "reach": reach,
        "open_count": sum(one.is_open for one in reach),
        "demands": demands_on(application, [drafted], timezone.now(), operations=operations, held=held),
        "elsewhere": [(scope, plans_with([scope], plans).get(scope)) for scope in sorted(outside)],
        "can_be_live": has_confirmed_address(person(request)),
    }
    return render(request, sort.template, context, status=status)
