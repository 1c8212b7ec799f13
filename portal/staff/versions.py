"""`/admin/apis/versions/…`: one version, its upstreams, and the upstream's credential."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from analytics.totals import calls_by
from catalog.models import Api, Version
from catalog.writes import set_upstream_headers, set_version
from portal.staff.api_forms import CredentialForm, NewVersionForm, VersionForm
from portal.staff.apis import trail_of_api
from portal.staff.conditions import on_versions
from portal.staff.consoles import console, may
from portal.staff.form_page import Trail, form_page
from portal.staff.saving import actor_of, done, saved


def trail_of_version(version: Version) -> Trail:
    return [*trail_of_api(version.api), (reverse("staff:version", args=[version.public_id]), version.name)]


def find_version(public_id: str) -> Version:
    """Raises Http404."""
    return get_object_or_404(Version.objects.select_related("api", "successor"), public_id=public_id)


@console(Api, "view")
def version(request: HttpRequest, public_id: str) -> HttpResponse:
    """One version with its operations and the plans that cover it."""
    found = find_version(public_id)
    operations = list(found.operations.all())
    day_ago = timezone.now() - timedelta(hours=24)
    calls = calls_by("operation", [operation.public_id for operation in operations], day_ago)
    context = {
        "title": found.name,
        "trail": trail_of_api(found.api),
        "version": found,
        "rows": [(operation, calls.get(operation.public_id, 0)) for operation in operations],
        "plans": found.plans.all(),
        "conditions": on_versions(request, Version.objects.filter(pk=found.pk)),
        "may_change": may(request.user, "change", Api),
    }
    return render(request, "staff/version.html", context)


@console(Api, "change")
def version_new(request: HttpRequest, public_id: str) -> HttpResponse:
    """Add a version to an API."""
    api = get_object_or_404(Api, public_id=public_id)
    form = NewVersionForm(request.POST or None, instance=Version(api=api))
    if form.is_valid():
        values = dict(form.cleaned_data)
        name = values.pop("name")
        if saved(form, lambda: set_version(api, name, actor=actor_of(request), **values)):
            made = api.versions.get(name=name)
            to = reverse("staff:version_import", args=[made.public_id])
            return done(request, f"{made} is added. Import its OpenAPI document next.", to)
    return form_page(
        request, form, title="Add a version", submit="Add the version", trail=trail_of_api(api), lead=f"Of {api.title}."
    )


@console(Api, "change")
def version_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Change a version's upstreams and successor."""
    found = find_version(public_id)
    form = VersionForm(request.POST or None, instance=find_version(public_id))
    if form.is_valid():
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        if saved(form, lambda: set_version(found.api, found.name, actor=actor_of(request), **values)):
            return done(request, "Saved.", reverse("staff:version", args=[public_id]))
    return form_page(request, form, title=f"Change {found}", submit="Save", trail=trail_of_version(found))


@console(Api, "change")
def version_credential(request: HttpRequest, public_id: str) -> HttpResponse:
    """Set or take away the headers that the upstream asks of the gateway; write-only."""
    found = find_version(public_id)
    form = CredentialForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        headers = form.cleaned_data["upstream_headers"]
        if saved(form, lambda: set_upstream_headers(found, headers, actor=actor_of(request))):
            text = "The upstream credential is set." if headers else "The upstream credential is taken away."
            return done(request, text, reverse("staff:version", args=[public_id]))
    form.data = {}  # what was typed is a secret: the form comes back empty
    return form_page(
        request,
        form,
        title="Upstream credential",
        submit="Keep it sealed",
        trail=trail_of_version(found),
        lead="A credential is set; it is never shown." if found.upstream_headers else "No credential is set.",
    )
