"""`/admin/apis/…`: the APIs and, of each, its versions."""

from datetime import datetime, timedelta

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from analytics.totals import calls_by
from catalog.life import newest_first
from catalog.models import Api, ChangelogEntry
from catalog.writes import set_api
from portal.staff.api_forms import ApiForm, NewApiForm
from portal.staff.conditions import on_versions
from portal.staff.consoles import console, may
from portal.staff.form_page import Trail, form_page
from portal.staff.listing import page_of
from portal.staff.saving import actor_of, done, saved


def trail_of_apis() -> Trail:
    return [(reverse("staff:apis"), "APIs")]


def trail_of_api(api: Api) -> Trail:
    return [*trail_of_apis(), (reverse("staff:api", args=[api.public_id]), api.title)]


@console(Api, "view")
def apis(request: HttpRequest) -> HttpResponse:
    """All APIs with their versions."""
    page = page_of(Api.objects.prefetch_related("versions"), request)
    calls = calls_by("api", [api.public_id for api in page.rows], _day_ago())
    context = {
        "title": "APIs",
        "rows": [(api, newest_first(api.versions.all()), calls.get(api.public_id, 0)) for api in page.rows],
        "page": page,
        "may_add": may(request.user, "add", Api),
    }
    return render(request, "staff/apis.html", context)


def _day_ago() -> datetime:
    return timezone.now() - timedelta(hours=24)


@console(Api, "view")
def api(request: HttpRequest, public_id: str) -> HttpResponse:
    """One API: facts and versions."""
    found = get_object_or_404(Api, public_id=public_id)
    versions = newest_first(found.versions.annotate(operation_count=Count("operations")))
    calls = calls_by("version", [version.public_id for version in versions], _day_ago())
    context = {
        "title": found.title,
        "trail": trail_of_apis(),
        "api": found,
        "rows": [(version, calls.get(version.public_id, 0)) for version in versions],
        "entries": _entries(found),
        "conditions": on_versions(request, found.versions.all()),
        "may_change": may(request.user, "change", Api),
    }
    return render(request, "staff/api.html", context)


def _entries(found: Api) -> list[ChangelogEntry]:
    """The newest of the changelog, drafts among them."""
    rows = ChangelogEntry.objects.filter(version__api=found).select_related("version__api", "after")
    return list(rows.defer("after__packed", "changes", "text")[:20])


@console(Api, "add")
def api_new(request: HttpRequest) -> HttpResponse:
    """Name an API."""
    form = NewApiForm(request.POST or None)
    if form.is_valid():
        values = dict(form.cleaned_data)
        slug = values.pop("slug")
        if saved(form, lambda: set_api(slug, actor=actor_of(request), **values)):
            made = Api.objects.get(slug=slug)
            return done(request, f"{made.title} is added.", reverse("staff:api", args=[made.public_id]))
    return form_page(request, form, title="Add an API", submit="Add the API", trail=trail_of_apis())


@console(Api, "change")
def api_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Change what an API is called and who owns it."""
    found = get_object_or_404(Api, public_id=public_id)
    form = ApiForm(request.POST or None, instance=Api.objects.get(pk=found.pk))
    if form.is_valid() and saved(form, lambda: set_api(found.slug, actor=actor_of(request), **form.cleaned_data)):
        return done(request, "Saved.", reverse("staff:api", args=[public_id]))
    return form_page(request, form, title=f"Change {found.title}", submit="Save", trail=trail_of_api(found))
