"""`/admin/calls/…`: the calls of everybody, filtered; one call; the same choice as NDJSON."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from accounts.models import Application
from analytics.calls import calls_of
from analytics.export import ndjson_lines
from analytics.filters import OUTCOMES, RANGES, CallFilters, parse_filters
from analytics.models import Call
from catalog.models import Operation
from contract.problems import PROBLEMS
from keys.models import Credential, Secret
from portal.staff.consoles import console
from portal.staff.listing import chips_of, with_query
from portal.streaming import download

FILTERS = {
    "range": "Time",
    "since": "Since",
    "until": "Until",
    "status": "Status",
    "outcome": "Outcome",
    "method": "Method",
    "application": "Application",
    "key": "Key",
    "version": "Version",
    "operation": "Operation",
    "address": "Address",
    "restriction": "Restriction",
    "min_ms": "At least, ms",
    "request_id": "Request id",
}


@console(Call, "view")
def calls(request: HttpRequest) -> HttpResponse:
    """A page of calls, the newest first."""
    filters, problems = _read(request)
    rows, cursor = [], ""
    if not problems:
        rows, cursor, problems = _page(request, filters)
    context = {
        "title": "Calls",
        "rows": rows,
        "names": _names(rows),
        "older_url": with_query(request, cursor=cursor) if cursor else "",
        "newest_url": with_query(request, cursor="") if request.GET.get("cursor") else "",
        "chips": chips_of(request, FILTERS),
        "problems": problems,
        "ranges": RANGES,
        "outcomes": OUTCOMES,
        "export_url": f"{reverse('staff:calls_export')}?{request.GET.urlencode()}",
    }
    return render(request, "staff/calls.html", context, status=422 if problems else 200)


def _read(request: HttpRequest) -> tuple[CallFilters, list[str]]:
    try:
        return parse_filters(request.GET, timezone.now()), []
    except ValidationError as error:
        return CallFilters(), error.messages


def _page(request: HttpRequest, filters: CallFilters) -> tuple[list[Call], str, list[str]]:
    try:
        page = calls_of(_applications(request), filters, cursor=request.GET.get("cursor", ""))
    except ValidationError as error:
        return [], "", error.messages
    return page.calls, page.next_cursor, []


def _applications(request: HttpRequest) -> list[str] | None:
    chosen = request.GET.get("application", "").strip()
    return [chosen] if chosen else None


def _names(rows: list[Call]) -> dict[str, str]:
    """What the ids in these rows are called; two queries."""
    applications = Application.objects.filter(public_id__in={row.application for row in rows})
    keys = Credential.objects.filter(public_id__in={row.credential for row in rows})
    return dict(applications.values_list("public_id", "name")) | dict(keys.values_list("public_id", "name"))


@console(Call, "view")
def call(request: HttpRequest, request_id: str) -> HttpResponse:
    """One call, with what went wrong and what to do about it."""
    found = get_object_or_404(Call, request_id=request_id)
    context = {
        "title": found.request_id,
        "trail": [(reverse("staff:calls"), "Calls")],
        "call": found,
        "problem": PROBLEMS.get(found.problem),
        "application": Application.objects.filter(public_id=found.application).first(),
        "key": Credential.objects.filter(public_id=found.credential).first(),
        "secret": Secret.objects.filter(public_id=found.secret).first(),
        "operation": Operation.objects.filter(public_id=found.operation).select_related("version__api").first(),
    }
    return render(request, "staff/call.html", context)


@console(Call, "view")
def calls_export(request: HttpRequest) -> HttpResponseBase:
    """The filtered calls as NDJSON, read from the database as they are sent."""
    filters, problems = _read(request)
    if problems:
        return HttpResponse("\n".join(problems), status=422, content_type="text/plain; charset=utf-8")
    return download(ndjson_lines(_applications(request), filters), "application/x-ndjson", "calls.ndjson")
