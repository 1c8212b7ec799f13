"""`/admin/restrictions/…`: all restrictions; one with its receipts, history and the way back."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from accounts.actors import people_named
from analytics.calls import matching
from analytics.filters import CallFilters
from audit.models import Event
from portal.pages.redirects import SeeOther
from portal.staff.consoles import console, may
from portal.staff.form_page import form_page
from portal.staff.gateways import Enforcement, enforcement_of
from portal.staff.listing import chips_of, page_of
from portal.staff.reasons import ReasonForm
from portal.staff.restrict import trail_of_restrictions
from portal.staff.restrict_address import address_of
from portal.staff.restrict_forms import ChangeEndForm
from portal.staff.saving import actor_of, done, saved
from restrictions.checks import HOWS
from restrictions.models import Restriction
from restrictions.records import TEXT_AXES, record_of
from restrictions.requirement_words import requirement_words
from restrictions.subjects import names_in_bulk
from restrictions.words import AXES, sentence
from restrictions.writes import change_end, last_act, lift_restriction, undo

FILTERS = {"q": "Search", "state": "State", "how": "How", "axis": "Names"}
STATES = ("active", "scheduled", "ended", "lifted")
MOST_EVENTS = 50
_HOW_WORDS = {"require": "require (condition)"}
_ACTS = {
    "restriction.applied": "applied",
    "restriction.lifted": "lifted",
    "restriction.end_changed": "end changed",
    "restriction.undone": "last act undone",
    "restriction.ended": "ended by itself",
}
_UNDO = {
    "restriction.applied": "takes it out of force",
    "restriction.lifted": "brings it back",
    "restriction.end_changed": "gives it its former end",
    "restriction.undone": "does again what was undone",
}


@console(Restriction, "view")
def restrictions(request: HttpRequest) -> HttpResponse:
    """All restrictions, the newest first."""
    now = timezone.now()
    page = page_of(_chosen(request, now), request)
    names = names_in_bulk(record_of(row) for row in page.rows)
    context = {
        "title": "Restrictions",
        "rows": [(row, sentence(record_of(row), names), row.state_at(now)) for row in page.rows],
        "people": people_named(row.created_by for row in page.rows),
        "page": page,
        "chips": chips_of(request, FILTERS),
        "states": STATES,
        "hows": [(how, _HOW_WORDS.get(how, how)) for how in HOWS],
        "axes": AXES.items(),
        "may_add": may(request.user, "add", Restriction),
    }
    return render(request, "staff/restrictions.html", context)


def _chosen(request: HttpRequest, now: datetime) -> QuerySet[Restriction]:
    rows = Restriction.objects.in_state(request.GET.get("state", ""), now)
    if how := request.GET.get("how", ""):
        rows = rows.filter(how=how[:8])
    axis = request.GET.get("axis", "")
    if axis in AXES:
        rows = rows.exclude(**{axis: [] if axis == "networks" else ""})
    text = request.GET.get("q", "").strip()[:120]
    return rows.filter(_holds(text)) if text else rows


def _holds(text: str) -> Q:
    """By reference, by reason or advice, or by the exact id of anything it names."""
    found = Q(reference__icontains=text) | Q(reason__icontains=text) | Q(advice__icontains=text) | Q(public_id=text)
    for axis in TEXT_AXES:
        found |= Q(**{axis: text})
    return found


@console(Restriction, "view")
def restriction(request: HttpRequest, public_id: str) -> HttpResponse:
    """What it withholds, how far it is in force, what it has done, and how to take it back."""
    found = get_object_or_404(Restriction, public_id=public_id)
    record = record_of(found)
    names = names_in_bulk([record])
    words = sentence(record, names)
    kept = Event.objects.filter(object_kind="restriction", object_id=public_id).prefetch_related("texts")
    events = list(kept.order_by("-id")[:MOST_EVENTS])
    may_change = may(request.user, "change", Restriction)
    context = {
        "title": found.reference,
        "trail": trail_of_restrictions(),
        "restriction": found,
        "people": people_named([found.created_by, found.lifted_by]),
        "state_name": found.state,
        "sentence": words,
        "named": _named(found, names),
        "requires": requirement_words(record.requirement) if record.requirement else [],
        "calls": matching(None, CallFilters(since=found.created_at, restriction=found.reference)).count(),
        "history": [(event, _ACTS.get(event.action, event.action)) for event in events],
        "enforcement": _enforcement(events),
        "undoable": events[0] if may_change and events and events[0].action in _UNDO else None,
        "just_done": f"{_ACTS.get(events[0].action, '').capitalize()}: {words}" if events else "",
        "undo_words": _UNDO.get(events[0].action, "") if events else "",
        "may_change": may_change and found.state in ("active", "scheduled"),
        "again_url": address_of(record),
    }
    return render(request, "staff/restriction.html", context)


def _enforcement(events: list[Event]) -> Enforcement | None:
    return enforcement_of(events[0]) if events else None


def _named(found: Restriction, names: dict[str, str]) -> list[tuple[str, str, str]]:
    """For each axis that is named its words, what is named, and the console that shows it (may be empty)."""
    values = [(axis, getattr(found, axis)) for axis in AXES if axis != "networks" and getattr(found, axis)]
    rows = [(AXES[axis], names.get(value, value), _console_of(axis, value)) for axis, value in values]
    return [*rows, *(("Network", network, "") for network in found.networks)]


def _console_of(axis: str, value: str) -> str:
    view = {"credential": "key"}.get(axis, axis)
    return reverse(f"staff:{view}", args=[value]) if axis in _CONSOLES else ""


_CONSOLES = frozenset({"plan", "organisation", "application", "credential", "api", "version"})


@console(Restriction, "change")
def restriction_lift(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give back what it withholds."""
    found = get_object_or_404(Restriction, public_id=public_id)
    form = ReasonForm(request.POST or None)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    if reason and saved(form, lambda: lift_restriction(found, actor=actor_of(request), reason=reason)):
        return done(request, f"{found.reference} is lifted.", _page_of(found))
    return _form(request, form, found, f"Lift {found.reference}", "Lift it", _sentence(found))


@console(Restriction, "change")
def restriction_end(request: HttpRequest, public_id: str) -> HttpResponse:
    """Extend or shorten it."""
    found = get_object_or_404(Restriction, public_id=public_id)
    form = ChangeEndForm(request.POST or None)
    if form.is_valid():
        end, reason = form.end(), form.cleaned_data["reason"]
        if saved(form, lambda: change_end(found, end, actor=actor_of(request), reason=reason)):
            return done(request, f"{found.reference} has another end.", _page_of(found))
    return _form(request, form, found, f"When {found.reference} ends", "Change its end", _sentence(found))


@console(Restriction, "change")
def restriction_undo(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take back the last act, from the restriction's page, which names the act that it showed."""
    found = get_object_or_404(Restriction, public_id=public_id)
    act = last_act(found)
    if request.method != "POST" or act is None:
        return SeeOther(_page_of(found))
    try:
        undo(found, request.POST.get("act", ""), actor=actor_of(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return SeeOther(_page_of(found))
    return done(request, f"Undone: {_ACTS[act.action]}. {found.reference} is as it was before.", _page_of(found))


def _page_of(found: Restriction) -> str:
    return reverse("staff:restriction", args=[found.public_id])


def _sentence(found: Restriction) -> str:
    record = record_of(found)
    return f"{sentence(record, names_in_bulk([record]))}."


def _form(request: HttpRequest, form: Any, found: Restriction, title: str, submit: str, lead: str) -> HttpResponse:
    trail = [*trail_of_restrictions(), (_page_of(found), found.reference)]
    return form_page(request, form, title=title, submit=submit, trail=trail, lead=lead)
