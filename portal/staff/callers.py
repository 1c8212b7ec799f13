"""`/admin/apis/versions/<id>/callers/`: who still calls a version, telling them, and one application's own dates."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from accounts.models import Application
from analytics.callers import WEEK, caller_totals, callers_of
from analytics.models import Call
from catalog.callers import calling_applications
from catalog.extensions import extension_of, set_extension
from catalog.models import Api, Operation, Told, Version
from catalog.telling import tell
from keys.models import Credential
from portal.pages.csv_lines import csv_line
from portal.pages.redirects import SeeOther
from portal.staff.consoles import console, may
from portal.staff.form_page import Trail, form_page
from portal.staff.life_forms import ExtensionForm
from portal.staff.listing import chips_of, page_of
from portal.staff.saving import actor_of, done, saved
from portal.staff.versions import find_version, trail_of_version

FILTERS = {"q": "Search", "operation": "Operation", "told": "Told"}
TOLD = {"no": "not told yet", "yes": "told"}
CSV_FIELDS = (
    "organisation",
    "application",
    "key",
    "operation",
    "calls_7d",
    "last_call",
    "told",
    "own_sunset",
    "exempt",
)
MOST_EXPORTED = 50_000
MOST_OFFERED = 500
_CHUNK = 500


class Caller(NamedTuple):
    """A row of the list; what has gone meanwhile is None. Of `application` see catalog.callers."""

    application: Any
    key: Credential | None
    operation: Operation | None
    calls: int
    last_at: datetime


@console(Call, "view")
def callers(request: HttpRequest, public_id: str) -> HttpResponse:
    """Applications, keys and operations with their calls of seven days, a page at a time."""
    found, now = find_version(public_id), timezone.now()
    page: Any = page_of(_chosen(request, found, now), request)
    operations = operations_of(found)
    context = {
        "title": f"Who calls {found}",
        "trail": trail_of_version(found),
        "version": found,
        "totals": caller_totals(public_id, now - WEEK),
        "page": page,
        "rows": named_rows(found, page.rows, operations),
        "chips": chips_of(request, FILTERS),
        "told": TOLD,
        "operations": list(operations.values())[:MOST_OFFERED],
        "export_url": _filtered("staff:callers_export", found, request),
        "tell_url": _filtered("staff:callers_tell", found, request),
        "may_change": may(request.user, "change", Api),
    }
    return render(request, "staff/callers.html", context)


def _chosen(request: HttpRequest, version: Version, now: datetime) -> QuerySet[Call, dict[str, Any]]:
    rows = callers_of(version.public_id, now - WEEK)
    if text := request.GET.get("q", "").strip()[:120]:
        rows = rows.filter(_named(text))
    if operation := request.GET.get("operation", ""):
        rows = rows.filter(operation=operation[:32])
    told = Told.objects.filter(version=version).values("application__public_id")
    if request.GET.get("told") == "yes":
        rows = rows.filter(application__in=told)
    elif request.GET.get("told") == "no":
        rows = rows.exclude(application__in=told)
    return rows


def _named(text: str) -> Q:
    """By what organisation, application or key are called, or an exact id of one."""
    owner = Q(organisation__name__icontains=text) | Q(name__icontains=text)
    applications = Application.objects.filter(owner).values("public_id")
    keys = Credential.objects.filter(name__icontains=text).values("public_id")
    ids = Q(application=text) | Q(credential=text) | Q(organisation=text)
    return Q(application__in=applications) | Q(credential__in=keys) | ids


def operations_of(version: Version) -> dict[str, Operation]:
    """By public id. One query."""
    return {one.public_id: one for one in version.operations.only("public_id", "method", "path", "version")}


def named_rows(version: Version, rows: Iterable[dict[str, Any]], operations: Mapping[str, Operation]) -> list[Caller]:
    """The rows with what they name. Two queries, however many they are."""
    rows = list(rows)
    applications = calling_applications(version, {row["application"] for row in rows})
    keys = Credential.objects.filter(public_id__in={row["credential"] for row in rows})
    by_id = {one.public_id: one for one in keys}
    return [
        Caller(
            applications.get(row["application"]),
            by_id.get(row["credential"]),
            operations.get(row["operation"]),
            row["calls"],
            row["last_at"],
        )
        for row in rows
    ]


@console(Call, "view")
def callers_export(request: HttpRequest, public_id: str) -> HttpResponse:
    """The filtered list as CSV."""
    found = find_version(public_id)
    rows = list(_chosen(request, found, timezone.now())[:MOST_EXPORTED])
    response = HttpResponse(b"".join(_csv(found, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="callers.csv"'
    return response


def _csv(version: Version, rows: list[dict[str, Any]]) -> Iterator[bytes]:
    yield csv_line(CSV_FIELDS)
    operations = operations_of(version)
    for start in range(0, len(rows), _CHUNK):
        for row in named_rows(version, rows[start : start + _CHUNK], operations):
            yield csv_line(_cells(row))


def _cells(row: Caller) -> list[str]:
    whose = row.application
    return [
        whose.organisation.name if whose else "",
        whose.name if whose else "",
        row.key.name if row.key else "",
        str(row.operation or ""),
        str(row.calls),
        row.last_at.isoformat(),
        whose.told_at.isoformat() if whose and whose.told_at else "",
        whose.own_sunset.isoformat() if whose and whose.own_sunset else "",
        "yes" if whose and whose.is_exempt else "",
    ]


@console(Api, "change")
def callers_tell(request: HttpRequest, public_id: str) -> HttpResponse:
    """Write to the applications that were ticked, or to all that the filter shows."""
    found = find_version(public_id)
    back = SeeOther(_filtered("staff:callers", found, request))
    if request.method != "POST":
        return back
    try:
        number = tell(found, _to_tell(request, found), actor=actor_of(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return back
    messages.success(request, f"{number:,} application{' is' if number == 1 else 's are'} being told.")
    return back


def _to_tell(request: HttpRequest, version: Version) -> dict[str, int]:
    """Calls of seven days by application."""
    calls: dict[str, int] = {}
    for row in _chosen(request, version, timezone.now()):
        calls[row["application"]] = calls.get(row["application"], 0) + row["calls"]
    if request.POST.get("whom") == "all":
        return calls
    ticked = set(request.POST.getlist("application"))
    return {name: number for name, number in calls.items() if name in ticked}


def _page(version: Version) -> str:
    return reverse("staff:callers", args=[version.public_id])


def _filtered(view: str, version: Version, request: HttpRequest) -> str:
    """An address with the list's filters."""
    kept = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
    return f"{reverse(view, args=[version.public_id])}?{urlencode(kept)}"


def trail_of_callers(version: Version) -> Trail:
    return [*trail_of_version(version), (_page(version), "Who calls it")]


@console(Api, "change")
def caller(request: HttpRequest, public_id: str, application_id: str) -> HttpResponse:
    """One application's own sunset and exemption."""
    version = find_version(public_id)
    application = get_object_or_404(Application.objects.select_related("organisation"), public_id=application_id)
    own = extension_of(version, application)
    initial = {"sunset_at": own.sunset_at, "is_exempt": own.is_exempt} if own else {}
    form = ExtensionForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        values = form.cleaned_data
        if saved(form, lambda: set_extension(version, application, actor=actor_of(request), **values)):
            return done(request, f"{application} has its own dates in {version} now.", _page(version))
    ends = f"on {version.sunset_at:%Y-%m-%d %H:%M} UTC" if version.sunset_at else "at no date yet"
    lead = f"{version} ends {ends}. Headers, problems and pages name {application} its own date; others keep theirs."
    title = f"{application} of {application.organisation}"
    return form_page(request, form, title=title, submit="Set its own dates", trail=trail_of_callers(version), lead=lead)
