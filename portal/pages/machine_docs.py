"""What machines read of the documentation: OpenAPI documents by plan, and lists of what there is."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.access import NotVisible
from catalog.models import Api, Version
from contract.settings import settings
from guides.access import guides_open_to
from plans.access import access_versions, catalogue_open_to
from portal.reference.conditions import needs_of
from portal.reference.reading import read_as
from portal.reference.served import MEDIA_TYPES, Form, served

_LINKSET = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'


class Place(NamedTuple):
    """A page of the sitemap, by its path."""

    path: str
    changed_at: datetime | None = None


@require_safe
def openapi(request: HttpRequest, api: str, version: str, form: Form) -> HttpResponse:
    """The version's document as `?plan=`, else the reader's own plan, receives it; answers `If-None-Match`."""
    found = next((row for row in access_versions(request.user, api) if row.name == version), None)
    if found is None:
        raise NotVisible(f"{api}/{version}")
    reading = read_as(request.user, found, request.GET.get("plan", ""))
    body, tag = served(found, reading.plan, form, needs_of(found, reading))
    etag = f'"{sha256(tag.encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == etag:
        return _for_reader(HttpResponseNotModified(), etag)
    return _for_reader(HttpResponse(body, content_type=MEDIA_TYPES[form]), etag)


def _for_reader(response: HttpResponse, etag: str) -> HttpResponse:
    """Whoever keeps it asks again: what a reader may see changes with their plan."""
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie"])
    return response


@require_safe
def api_catalog(request: HttpRequest) -> HttpResponse:
    """`/.well-known/api-catalog` (RFC 9727): a linkset (RFC 9264) of the versions that the reader may know of."""
    versions = _versions(catalogue_open_to(request.user))
    return JsonResponse({"linkset": [_links(version) for version in versions]}, content_type=_LINKSET)


def _versions(catalogue: dict[Api, list[Version]]) -> Iterable[Version]:
    return (version for versions in catalogue.values() for version in versions)


def _links(version: Version) -> dict[str, Any]:
    base, where = settings().portal_base, [version.api.slug, version.name]
    page, document = reverse("docs_version", args=where), reverse("docs_openapi_json", args=where)
    return {
        "anchor": f"{settings().gateway_base}/{version.api.slug}/{version.name}/",
        "service-desc": [{"href": base + document, "type": "application/json"}],
        "service-doc": [{"href": base + page, "type": "text/html"}],
        "status": [{"href": base + reverse("status"), "type": "text/html"}],
    }


@require_safe
def llms(request: HttpRequest) -> HttpResponse:
    """`/llms.txt`: what there is to read, for language models (llmstxt.org)."""
    guides, catalogue = guides_open_to(request.user), catalogue_open_to(request.user)
    context = {"guides": guides, "catalogue": catalogue, "base": settings().portal_base}
    return render(request, "docs/llms.txt", context, content_type="text/plain; charset=utf-8")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """`/sitemap.xml` (sitemaps.org): the pages that whoever asks may read."""
    places = [Place(reverse(name)) for name in ("home", "docs", "guides", "plans", "problem_types", "status")]
    where = ([version.api.slug, version.name] for version in _versions(catalogue_open_to(request.user)))
    places += [Place(reverse("docs_version", args=names)) for names in where]
    guides = guides_open_to(request.user)
    places += [Place(reverse("guide", args=[guide.place]), guide.last_published_at) for guide in guides]
    context = {"places": places, "base": settings().portal_base}
    return render(request, "docs/sitemap.xml", context, content_type="application/xml")
