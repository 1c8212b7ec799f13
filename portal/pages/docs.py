"""`/docs/…`: the reference, rendered from each version's OpenAPI document as a plan's subscriber sees the API.

Pages of operations are sent packed: they are long, and hold no secret that their length could give away (what stands in
forms is masked anew each time).
"""

from itertools import chain, islice
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.access import NotVisible
from catalog.documents import members, operation_object
from catalog.life import best_version
from catalog.models import Version
from contract.settings import settings
from guides.access import guides_open_to
from plans.access import access_versions, catalogue_open_to
from portal.pages.kept_parts import Parts, kept_parts
from portal.pages.strangers_view import view_of
from portal.reference.answers import other_answers
from portal.reference.conditions import needs_of, placed
from portal.reference.contents import (
    Contents,
    Place,
    operation_places,
    sections_of,
    successor_place,
    tag_texts,
    version_places,
)
from portal.reference.example_answer import example_as_seen
from portal.reference.field_rows import field_rows, masked_names
from portal.reference.first_call import call_to
from portal.reference.listing import MOST_LISTED, Listing, listing_of, neighbours_of
from portal.reference.markdown import render_markdown
from portal.reference.outline import Entry, with_document
from portal.reference.own_use import own_traffic, own_use
from portal.reference.parameters import body_fields, parameters_of
from portal.reference.reading import Reading
from portal.reference.refusals import with_refusals
from portal.reference.samples import samples_of
from portal.reference.version_end import end_of

Sections = list[tuple[str, list[Entry]]]
_PARTS = {
    "samples": "example",
    "inputs": "operation_inputs",
    "fields": "fields",
    "others": "answers",
    "beside": "neighbours",
}


@require_safe
def apis(request: HttpRequest) -> HttpResponse:
    """The APIs and the guides that the reader may know of."""
    guides = [guide for guide in guides_open_to(request.user) if guide.level == 1]
    context = {"catalogue": catalogue_open_to(request.user), "guides": guides, "nav": "docs"}
    return render(request, "docs/apis.html", context)


@require_safe
def api(request: HttpRequest, api: str) -> HttpResponse:
    """To the version that one begins with."""
    found = best_version(access_versions(request.user, api))
    return redirect("docs_version", api, found.name if found else "")


@gzip_page
@require_safe
def version(request: HttpRequest, api: str, version: str) -> HttpResponse:
    """A version's operations by tag, with what the plan masks in each; of many, one tag's."""
    contents, reading, frame = _version_frame(request, api, version)
    sections, asked = sections_of(contents.entries), request.GET
    listing = listing_of(sections, asked.get("tag", ""), asked.get("page", ""), asked.get("plan", ""))
    names = [name for name, _ in listing.sections]
    page = (*names, listing.before_url, *(subject.url for subject in listing.subjects[:1]))
    parts = kept_parts(contents, reading, page, lambda: _version_parts(contents, reading, listing))
    stay = urlencode({"tag": names[0]}) if listing.subjects else ""
    return render(request, "docs/version.html", {**frame, "listing": listing, "parts": parts, "stay": stay})


def _version_parts(contents: Contents, reading: Reading, listing: Listing) -> Parts:
    facts = _version_facts(contents, reading, listing.sections)
    context = {**facts, "version": contents.version, "reading": reading, "listing": listing}
    return {
        "about": render_markdown(facts["info"].get("description")),
        "rows": render_to_string("docs/operation_rows.html", context),
        "subjects": render_to_string("docs/subjects.html", context),
    }


def _version_facts(contents: Contents, reading: Reading, sections: Sections) -> dict[str, Any]:
    """What the document says of a version and of some of its operations; of the first ones what the plan masks."""
    version, plan = with_document(contents.version), reading.plan
    texts = tag_texts(version.document)
    marked = set(islice(chain.from_iterable(rows for _, rows in sections), MOST_LISTED))

    def masked(entry: Entry) -> list[str]:
        return masked_names(entry.of(version), plan) if entry in marked else []

    drawn = [(tag, texts.get(tag, ""), [(entry, masked(entry)) for entry in rows]) for tag, rows in sections]
    return {"info": members(version.document, "info"), "sections": drawn}


def version_context(request: HttpRequest, api: str, version: str) -> dict[str, Any]:
    """All that is to be said of a version. Raises NotVisible."""
    contents, reading, frame = _version_frame(request, api, version)
    return {**frame, **_version_facts(contents, reading, list(sections_of(contents.entries).items()))}


def _version_frame(request: HttpRequest, api: str, version: str) -> tuple[Contents, Reading, dict[str, Any]]:
    contents, reading = view_of(request, api, version)
    traffic = own_traffic(reading.applications, contents.version, timezone.now())
    return (
        contents,
        reading,
        {
            **_frame(contents, reading),
            **_places(contents, version_places(contents)),
            "needs": placed(needs_of(contents.version, reading), contents.entries),
            "traffic": traffic,
        },
    )


@gzip_page
@require_safe
def operation(request: HttpRequest, api: str, version: str, anchor: str) -> HttpResponse:
    """One operation: what it takes, what it answers to whom, how to call it, and the reader's own use of it."""
    contents, entry, reading, frame = _operation_frame(request, api, version, anchor)
    parts = kept_parts(contents, reading, entry.public_id, lambda: _operation_parts(contents, entry, reading))
    return render(request, "docs/operation.html", {**frame, "parts": parts})


def _operation_parts(contents: Contents, entry: Entry, reading: Reading) -> Parts:
    facts = _operation_facts(contents.version, entry, reading)
    beside = neighbours_of(sections_of(contents.entries), entry)
    context = {**facts, "version": contents.version, "reading": reading, "operation": entry, "beside": beside}
    drawn = {name: render_to_string(f"docs/{template}.html", context) for name, template in _PARTS.items()}
    return {"about": render_markdown(facts["description"]), **drawn}


def _operation_facts(version: Version, entry: Entry, reading: Reading) -> dict[str, Any]:
    """What the document says of an operation, as the plan's subscribers see it."""
    version = with_document(version)
    found, where = entry.of(version), (version.document, entry.method, entry.path)
    example = example_as_seen(found, reading.plan)
    return {
        "description": operation_object(*where).get("description"),
        "parameters": with_refusals(parameters_of(*where), found, reading),
        "body": body_fields(*where),
        "fields": field_rows(found, reading),
        "example": example,
        "others": other_answers(found, reading.plan, is_masked=example is not None and example.is_masked),
        "samples": samples_of(call_to(found, settings().gateway_base)),
    }


def operation_context(request: HttpRequest, api: str, version: str, anchor: str) -> dict[str, Any]:
    """All that is to be said of an operation. Raises NotVisible."""
    contents, entry, reading, frame = _operation_frame(request, api, version, anchor)
    return {**frame, **_operation_facts(contents.version, entry, reading)}


def _operation_frame(
    request: HttpRequest, api: str, version: str, anchor: str
) -> tuple[Contents, Entry, Reading, dict[str, Any]]:
    contents, reading = view_of(request, api, version)
    entry = next((one for one in contents.entries if one.anchor == anchor), None)
    if entry is None:
        raise NotVisible(anchor)
    frame = _frame(contents, reading)
    frame["trail"] += [(frame["version_url"], contents.version.name)]
    return contents, entry, reading, {**frame, **_of_operation(entry, contents, reading)}


def _of_operation(entry: Entry, contents: Contents, reading: Reading) -> dict[str, Any]:
    version = contents.version
    needs = placed(needs_of(version, reading), [entry])
    return {
        "operation": entry,
        "full_path": f"/{version.api.slug}/{version.name}{entry.path}",
        **_places(contents, operation_places(entry, contents)),
        "needs": needs,
        "takes_bound_tokens": any(one.condition.requirement.dpop for one in needs),
        "use": own_use(reading.applications, entry.of(version)),
        "plans_with_scope": [plan for plan in reading.plans if not entry.scope or entry.scope in plan.scopes],
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
