"""`/admin/versions/<id>/import/`: an OpenAPI document, checked and shown as what it changes before it is taken in."""

from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from catalog.models import Api, Operation, Version
from catalog.openapi import OperationDraft, operations_of
from catalog.openapi_paths import shape_of
from catalog.problems import DocumentError
from catalog.reading_documents import checked_document
from catalog.writes import import_document
from portal.staff.api_forms import ImportForm
from portal.staff.consoles import console
from portal.staff.form_page import form_page
from portal.staff.saving import actor_of, done, saved, show_refusal
from portal.staff.versions import find_version, trail_of_version


class Comparison(NamedTuple):
    """What an import would do to the operations of a version."""

    come: list[OperationDraft]
    go: list[Operation]
    stay: int


def compare(operations: list[Operation], drafts: list[OperationDraft]) -> Comparison:
    """By method and path; parameters' names do not matter."""
    before = {(row.method, shape_of(row.path)): row for row in operations}
    after = {(draft.method, shape_of(draft.path)): draft for draft in drafts}
    return Comparison(
        come=[draft for key, draft in after.items() if key not in before],
        go=[row for key, row in before.items() if key not in after],
        stay=len(before.keys() & after.keys()),
    )


@console(Api, "change")
def version_import(request: HttpRequest, public_id: str) -> HttpResponse:
    """First shows what comes and goes, then takes the document in: all of it or nothing."""
    version = find_version(public_id)
    form = ImportForm(request.POST or None, request.FILES or None)
    text = form.text() if form.is_valid() else ""
    if text and request.POST.get("step") == "import":
        if saved(form, lambda: import_document(version, text, actor=actor_of(request))):
            to = reverse("staff:version", args=[public_id])
            return done(request, f"{version.operations.count()} operations are imported.", to)
    elif text:
        return _page(request, _with_text(form, text), version, _comparison(form, version, text))
    return _page(request, form, version, None)


def _comparison(form: ImportForm, version: Version, text: str | bytes) -> Comparison | None:
    try:
        drafts = operations_of(checked_document(text))
    except DocumentError as error:
        show_refusal(form, ValidationError({"document": [str(problem) for problem in error.problems]}))
        return None
    return compare(list(version.operations.all()), drafts)


def _with_text(form: ImportForm, text: str | bytes) -> ImportForm:
    """The form with the file's text where it can be read and sent again."""
    shown = text if isinstance(text, str) else text.decode("utf-8-sig", "replace")
    form.data = {"document": shown}
    return form


def _page(request: HttpRequest, form: ImportForm, version: Version, comparison: Comparison | None) -> HttpResponse:
    context: dict[str, Any] = {"comparison": comparison, "version": version}
    return form_page(
        request,
        form,
        title="Import OpenAPI",
        submit="Check the document",
        trail=trail_of_version(version),
        lead=f"Into {version}. The document says which operations exist; the gateway lets through only these.",
        template="staff/version_import.html",
        **context,
    )
