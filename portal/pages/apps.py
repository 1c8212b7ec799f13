"""`/apps/`: a person's applications, one page for each, and what changes an application itself."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MANAGE_KEYS, NotAllowed, NotVisible, access_application, applications_of, organisations_of
from accounts.models import Application, Organisation, Role
from accounts.writes import remove_application, rename_application, set_application_origins
from analytics.activity import hourly_calls
from keys.onboarding import open_application
from portal.pages.app_frame import app_frame
from portal.pages.forms.applications import ApplicationForm, NewApplicationForm, OriginsForm
from portal.pages.overview import overview_of
from portal.pages.person import actor_of, person
from portal.pages.redirects import see_other
from portal.spark import Spark

REMOVE_APPLICATIONS = frozenset({Role.OWNER})


@never_cache
@login_required
@require_safe
def apps(request: HttpRequest) -> HttpResponse:
    """Every application that the person sees, with its last 24 hours."""
    applications = list(applications_of(person(request)))
    hours = hourly_calls([application.public_id for application in applications], timezone.now())
    rows = [(application, Spark.of(hours[application.public_id])) for application in applications]
    return render(request, "apps/list.html", {"nav": "apps", "rows": rows})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def app_new(request: HttpRequest) -> HttpResponse:
    """The name, and the organisation of those in which the person may. It begins on the plan given at sign-up."""
    choices = _own_organisations(request)
    form = NewApplicationForm(choices, request.POST if request.method == "POST" else None)
    if form.is_valid():
        application = open_application(form.chosen, form.cleaned_data["name"], actor=actor_of(request))
        return see_other(reverse("app", args=[application.public_id]))
    context = {"nav": "apps", "form": form, "choices": choices}
    return render(request, "apps/new.html", context, status=422 if form.errors else 200)


def _own_organisations(request: HttpRequest) -> list[Organisation]:
    """Those that the person may give applications to. Raises NotVisible, and NotAllowed where a role is missing."""
    choices = list(organisations_of(person(request), MANAGE_KEYS))
    if choices:
        return choices
    first = organisations_of(person(request)).first()
    if first is None:
        raise NotVisible("organisation")
    raise NotAllowed(MANAGE_KEYS, first)


@never_cache
@login_required
@require_safe
def app(request: HttpRequest, app_id: str) -> HttpResponse:
    """The overview."""
    application = access_application(person(request), app_id)
    overview = overview_of(application, timezone.now())
    return render(request, "apps/overview.html", app_frame(application, "app", keys=overview["keys_in_use"]) | overview)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def app_settings(request: HttpRequest, app_id: str) -> HttpResponse:
    """Rename; below it the web pages that may call, and the way to removal."""
    is_change = request.method == "POST"
    application = access_application(person(request), app_id, *([MANAGE_KEYS] if is_change else []))
    form = ApplicationForm(request.POST if is_change else None, initial={"name": application.name})
    if is_change and form.is_valid():
        rename_application(application, form.cleaned_data["name"], actor=actor_of(request))
        messages.success(request, "The application has its new name.")
        return see_other(reverse("app_settings", args=[app_id]))
    return _settings_page(request, application, form, _origins_form(application))


def _origins_form(application: Application) -> OriginsForm:
    return OriginsForm(initial={"cors_origins": application.cors_origins})


def _settings_page(
    request: HttpRequest, application: Application, form: ApplicationForm, origins: OriginsForm
) -> HttpResponse:
    context: dict[str, Any] = {**app_frame(application, "app_settings"), "form": form, "origins": origins}
    return render(request, "apps/settings.html", context, status=422 if form.errors or origins.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def app_origins(request: HttpRequest, app_id: str) -> HttpResponse:
    """Name the web pages that may read answers. It is a part of the settings, and shown there."""
    is_change = request.method == "POST"
    application = access_application(person(request), app_id, *([MANAGE_KEYS] if is_change else []))
    if not is_change:
        return see_other(reverse("app_settings", args=[app_id]))
    form = OriginsForm(request.POST)
    if form.is_valid():
        set_application_origins(application, form.cleaned_data["cors_origins"], actor=actor_of(request))
        messages.success(request, "The origins are set.")
        return see_other(reverse("app_settings", args=[app_id]))
    return _settings_page(request, application, ApplicationForm(initial={"name": application.name}), form)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def app_remove(request: HttpRequest, app_id: str) -> HttpResponse:
    """GET asks once more, saying what stops. POST removes: for good; the calls it made stay on record."""
    application = access_application(person(request), app_id, REMOVE_APPLICATIONS)
    if request.method != "POST":
        return render(request, "apps/remove.html", app_frame(application, "app_settings", here="Remove"))
    remove_application(application, actor=actor_of(request))
    messages.success(request, f"{application} is removed. Calls with its keys answer 401.")
    return see_other(reverse("apps"))
