"""`/docs/…`: the reference, rendered from each version's OpenAPI document as a plan's subscriber sees the API."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import NotVisible
from catalog.documents import members
from catalog.life import best_version
from catalog.models import Operation
from contract.settings import settings
from plans.access import access_versions, catalogue_open_to
from plans.models import Plan
from portal.reference.answers import other_answers
from portal.reference.contents import (
    Contents,
    Place,
    contents_of,
    operation_places,
    sections_of,
    successor_place,
    tag_texts,
    version_places,
)
from portal.reference.example_answer import example_as_seen
from portal.reference.field_rows import field_rows, masked_names
from portal.reference.first_call import call_to
from portal.reference.own_use import own_traffic, own_use
from portal.reference.parameters import body_fields, parameters_of
from portal.reference.reading import Reading, read_as
from portal.reference.samples import samples_of
from portal.reference.version_end import end_of

MOST_MARKED = 100
"""Operations whose masked fields a version's page names; more would make the page slow."""


@require_safe
def apis(request: HttpRequest) -> HttpResponse:
    """The APIs that the reader may know of."""
    return render(request, "docs/apis.html", {"catalogue": catalogue_open_to(request.user), "nav": "docs"})


@require_safe
def api(request: HttpRequest, api: str) -> HttpResponse:
    """To the version that one begins with."""
    found = best_version(access_versions(request.user, api))
    return redirect("docs_version", api, found.name if found else "")


@require_safe
def version(request: HttpRequest, api: str, version: str) -> HttpResponse:
    """A version's operations by tag, with what the plan masks in each."""
    return render(request, "docs/version.html", version_context(request, api, version))


def version_context(request: HttpRequest, api: str, version: str) -> dict[str, Any]:
    """What a version's page says. Raises NotVisible."""
    contents = contents_of(request.user, api, version)
    reading = read_as(request.user, contents.version, request.GET.get("plan", ""))
    texts = tag_texts(contents.version.document)
    return {
        **_frame(contents, reading),
        **_places(contents, version_places(contents)),
        "info": members(contents.version.document, "info"),
        "sections": [(tag, texts.get(tag, ""), _rows(rows, reading.plan)) for tag, rows in _sections(contents)],
        "traffic": own_traffic(reading.applications, contents.version, timezone.now()),
    }


def _sections(contents: Contents) -> list[tuple[str, list[Operation]]]:
    return sections_of(contents.operations)


def _rows(operations: list[Operation], plan: Plan) -> list[tuple[Operation, list[str]]]:
    return [(row, masked_names(row, plan) if row.position < MOST_MARKED else []) for row in operations]


@require_safe
def operation(request: HttpRequest, api: str, version: str, anchor: str) -> HttpResponse:
    """One operation: what it takes, what it answers to whom, how to call it, and the reader's own use of it."""
    return render(request, "docs/operation.html", operation_context(request, api, version, anchor))


def operation_context(request: HttpRequest, api: str, version: str, anchor: str) -> dict[str, Any]:
    """What an operation's page says. Raises NotVisible."""
    contents = contents_of(request.user, api, version)
    found = next((row for row in contents.operations if row.anchor == anchor), None)
    if found is None:
        raise NotVisible(anchor)
    reading = read_as(request.user, contents.version, request.GET.get("plan", ""))
    frame = _frame(contents, reading)
    frame["trail"] += [(frame["version_url"], contents.version.name)]
    return {**frame, **_page_of(found, contents, reading)}


def _page_of(found: Operation, contents: Contents, reading: Reading) -> dict[str, Any]:
    where = (found.version.document, found.method, found.path)
    example = example_as_seen(found, reading.plan)
    return {
        "operation": found,
        "full_path": f"/{found.version.api.slug}/{found.version.name}{found.path}",
        **_places(contents, operation_places(found, contents)),
        "sections": sections_of(contents.operations),
        "parameters": parameters_of(*where),
        "body": body_fields(*where),
        "fields": field_rows(found, reading),
        "example": example,
        "others": other_answers(found, reading.plan, is_masked=example is not None and example.is_masked),
        "samples": samples_of(call_to(found, settings().gateway_base)),
        "use": own_use(reading.applications, found),
        "plans_with_scope": [plan for plan in reading.plans if not found.scope or found.scope in plan.scopes],
    }


def _frame(contents: Contents, reading: Reading) -> dict[str, Any]:
    version = contents.version
    own = {"organisation": reading.applications[0].organisation} if reading.applications else {}
    return {
        "version": version,
        "reading": reading,
        "base_url": f"{settings().gateway_base}/{version.api.slug}/{version.name}",
        "trail": [(reverse("docs"), "Docs"), (reverse("docs_api", args=[version.api.slug]), version.api.title)],
        "version_url": reverse("docs_version", args=[version.api.slug, version.name]),
        "end": end_of(version, reading.applications, reading.ends, timezone.now()),
        "nav": "docs",
        **own,
    }


def _places(contents: Contents, places: list[Place]) -> dict[str, Any]:
    return {"places": places, "successor": successor_place(contents.version, places)}
