"""`/admin/apis/versions/<id>/import/` takes an OpenAPI document; `/admin/apis/imports/<id>/` shows how far it is, what
it changes and which scopes it needs, and applies it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from catalog.diff.rules import Change
from catalog.imports import SMALL_BYTES, approve, begin, discard, is_same_document, run
from catalog.models import Api, Import, Progress
from catalog.problems import DocumentError
from catalog.reading_documents import checked_document
from portal.diff_rows import sections_of_changes
from portal.pages.redirects import SeeOther
from portal.staff.api_forms import ImportForm, ScopesForm
from portal.staff.consoles import console
from portal.staff.form_page import form_page
from portal.staff.saving import actor_of, done, saved, show_refusal
from portal.staff.versions import find_version, trail_of_version

LOOK_AGAIN_SECONDS = 2


@console(Api, "change")
def version_import(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take a document. A small one is read at once, a large one by the worker."""
    version = find_version(public_id)
    form = ImportForm(request.POST or None, request.FILES or None)
    if form.is_valid() and (given := _given(form)):
        made = begin(version, given[0], source=given[1], actor=actor_of(request))
        if len(given[0]) <= SMALL_BYTES:
            run(made)
        return SeeOther(reverse("staff:import", args=[made.public_id]))
    return form_page(
        request,
        form,
        title="Import OpenAPI",
        submit="Check the document",
        trail=trail_of_version(version),
        lead=f"Into {version}. The document says which operations exist; the gateway lets through only these. "
        "Nothing changes before you have seen what it changes.",
        template="staff/version_import.html",
        version=version,
    )


def _given(form: ImportForm) -> tuple[bytes, str] | None:
    """Text and source; None where it cannot be had or, being small, is wrong: then the form says so."""
    try:
        text, source = form.text()
        if len(text) <= SMALL_BYTES:
            checked_document(text)
        return text, source
    except ValidationError as error:
        show_refusal(form, error)
    except DocumentError as error:
        show_refusal(form, ValidationError({"document": [str(problem) for problem in error.problems]}))
        if form.cleaned_data.get("file") and len(text) <= SMALL_BYTES:
            form.data = {"document": text.decode("utf-8-sig", "replace")}
    return None


@console(Api, "change")
def import_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """One import: its progress, its problems, or what it would change."""
    rows = Import.objects.select_related("version__api").defer("upload", "packed")
    row = get_object_or_404(rows, public_id=public_id)
    form = ScopesForm(row.proposals, request.POST if request.POST.get("act") == "apply" else None)
    if request.POST.get("act") == "discard" and saved(form, lambda: discard(row, actor=actor_of(request))):
        return done(request, "The document is discarded.", _version_url(row))
    if form.is_valid() and saved(form, lambda: approve(row, form.scopes(), actor=actor_of(request))):
        return _applied(request, row)
    response = render(request, "staff/import.html", _context(row, form), status=422 if form.errors else 200)
    if row.is_moving:
        # Works without scripts, and stops by itself.
        response["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return response


def _applied(request: HttpRequest, row: Import) -> HttpResponse:
    """A small one is applied at once, a large one by the worker."""
    if row.size_bytes <= SMALL_BYTES:
        run(row)
        row.refresh_from_db()
    if row.progress == Progress.APPLIED:
        return done(request, f"{row.operation_count} operations are imported.", _version_url(row))
    return SeeOther(reverse("staff:import", args=[row.public_id]))


def _version_url(row: Import) -> str:
    return reverse("staff:version", args=[row.version.public_id])


def _context(row: Import, form: forms.Form) -> dict[str, Any]:
    changes = [Change(rule, pointer, detail, tuple(names)) for rule, pointer, detail, names in row.changes]
    return {
        "title": f"Import: {row.source}",
        "trail": trail_of_version(row.version),
        "row": row,
        "form": form,
        "sections": sections_of_changes(changes),
        "is_same": row.progress == Progress.READY and is_same_document(row),
        "cancel_url": _version_url(row),
    }
