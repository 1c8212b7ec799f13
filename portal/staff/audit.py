"""`/admin/audit/…`: who did what, when and why; one event; the same choice as NDJSON; how the chain stands."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from accounts.models import Organisation
from audit.checking import last_check
from audit.models import ChainLink, Event, Unchained
from audit.reading import EventFilters, events_of, ndjson_lines, parse_event_filters
from portal.event_words import changes_of
from portal.staff.consoles import console
from portal.staff.event_pages import page_of_object, undo_page
from portal.staff.listing import chips_of, with_query
from portal.streaming import download

FILTERS = {
    "since": "Since",
    "until": "Until",
    "actor": "Who",
    "action": "What",
    "object": "Of",
    "organisation": "Organisation",
    "text": "Text",
}


@console(Event, "view")
def audit(request: HttpRequest) -> HttpResponse:
    """A page of events, the newest first."""
    filters, problems = _read(request)
    rows, cursor = [], ""
    if not problems:
        rows, cursor, problems = _page(request, filters)
    context = {
        "title": "Audit",
        "rows": [(event, page_of_object(event), undo_page(event)) for event in rows],
        "names": _organisations(rows),
        "older_url": with_query(request, cursor=cursor) if cursor else "",
        "newest_url": with_query(request, cursor="") if request.GET.get("cursor") else "",
        "chips": chips_of(request, FILTERS),
        "problems": problems,
        "check": last_check(),
        "waiting": Unchained.objects.count(),
        "export_url": f"{reverse('staff:audit_export')}?{request.GET.urlencode()}",
    }
    return render(request, "staff/audit.html", context, status=422 if problems else 200)


def _read(request: HttpRequest) -> tuple[EventFilters, list[str]]:
    try:
        return parse_event_filters(request.GET), []
    except ValidationError as error:
        return EventFilters(), error.messages


def _page(request: HttpRequest, filters: EventFilters) -> tuple[list[Event], str, list[str]]:
    try:
        page = events_of(filters, cursor=request.GET.get("cursor", ""))
    except ValidationError as error:
        return [], "", error.messages
    return page.events, page.next_cursor, []


def _organisations(rows: list[Event]) -> dict[str, str]:
    """What the ids in these rows are called."""
    found = Organisation.objects.filter(public_id__in={row.organisation for row in rows})
    return dict(found.values_list("public_id", "name"))


@console(Event, "view")
def audit_event(request: HttpRequest, public_id: str) -> HttpResponse:
    """One event: who, what, why, what changed, and its place in the chain."""
    event = get_object_or_404(Event.objects.prefetch_related("texts"), public_id=public_id)
    context = {
        "title": event.public_id,
        "trail": [(reverse("staff:audit"), "Audit")],
        "event": event,
        "changes": changes_of(event),
        "names": _organisations([event]),
        "object_url": page_of_object(event),
        "undo_url": undo_page(event),
        "link": ChainLink.objects.filter(event=event).first(),
    }
    return render(request, "staff/audit_event.html", context)


@console(Event, "view")
def audit_export(request: HttpRequest) -> HttpResponseBase:
    """The filtered events as NDJSON, the oldest first, read from the database as they are sent."""
    filters, problems = _read(request)
    if problems:
        return HttpResponse("\n".join(problems), status=422, content_type="text/plain; charset=utf-8")
    return download(ndjson_lines(filters), "application/x-ndjson", "audit.ndjson")
