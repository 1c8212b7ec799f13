"""`/admin/apis/versions/<id>/life/`: where a version stands, what its answers say, where it can go and back."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from analytics.callers import WEEK, CallerTotals, caller_totals
from audit.models import Event
from catalog.life_writes import ACTS, date_operation, move_version, moves_of, undo_move
from catalog.lifecycle import Move, moves_from, phase_at
from catalog.models import Api, Operation, State, Version
from portal.pages.redirects import SeeOther
from portal.staff.consoles import console, may
from portal.staff.form_page import Trail, form_page
from portal.staff.gateways import enforcement_of
from portal.staff.life_forms import DatesForm, MoveForm
from portal.staff.life_preview import previews_of
from portal.staff.saving import actor_of, done, saved
from portal.staff.versions import find_version, trail_of_version

MOST_EVENTS = 20
MOST_OPERATIONS = 100


def trail_of_life(version: Version) -> Trail:
    return [*trail_of_version(version), (page_of_life(version), "Life")]


def page_of_life(version: Version) -> str:
    return reverse("staff:version_life", args=[version.public_id])


@console(Api, "view")
def version_life(request: HttpRequest, public_id: str) -> HttpResponse:
    """The whole of it."""
    found, now = find_version(public_id), timezone.now()
    events = list(moves_of(found).prefetch_related("texts")[:MOST_EVENTS])
    windows = list(found.brownouts.filter(cancelled_at=None, ends_at__gt=now))
    last_end = found.extensions.aggregate(last=Max("sunset_at"))["last"]
    may_change = may(request.user, "change", Api)
    context = {
        "title": f"Life of {found}",
        "trail": trail_of_version(found),
        "version": found,
        "phase": phase_at(found, now, in_brownout=any(one.starts_at <= now for one in windows), last_end=last_end),
        "windows": windows,
        "last_end": last_end,
        "totals": caller_totals(public_id, now - WEEK),
        "moves": moves_from(found.state) if may_change else [],
        "previews": previews_of(found, windows, now),
        "operations": _ageing(found),
        "history": [(event, ACTS[event.action]) for event in events],
        "may_change": may_change,
        **_undo_of(events, may_change=may_change),
    }
    return render(request, "staff/version_life.html", context)


def _ageing(version: Version) -> list[Operation]:
    """Operations whose own dates come to those of the version. One query."""
    own = Q(deprecated_at__isnull=False)
    if version.deprecated_at is not None:
        own = Q(deprecated_at__lt=version.deprecated_at)
    return list(version.operations.filter(own | Q(sunset_at__isnull=False))[:MOST_OPERATIONS])


def _undo_of(events: list[Event], *, may_change: bool) -> dict[str, Any]:
    if not events:
        return {}
    return {"enforcement": enforcement_of(events[0]), "undoable": events[0] if may_change else None}


@console(Api, "change")
def version_move(request: HttpRequest, public_id: str, to: str) -> HttpResponse:
    """One move of the table; what it needs stands on the form."""
    found, now = find_version(public_id), timezone.now()
    move = dict(moves_from(found.state)).get(to)  # type: ignore[call-overload]
    if move is None:
        messages.error(request, f"A version that is {found.get_state_display().lower()} does not become {to}.")
        return SeeOther(page_of_life(found))
    totals = caller_totals(public_id, now - WEEK)
    form = MoveForm(request.POST if request.method == "POST" else None, found, move, totals.calls)
    if form.is_valid() and saved(form, lambda: _moved(request, found, to, totals, form)):
        return done(request, f"{found}: {move.label.lower()}.", page_of_life(found))
    title, lead = f"{move.label}: {found}", _lead(move, totals, found, now)
    return form_page(request, form, title=title, submit=move.label, trail=trail_of_life(found), lead=lead)


def _moved(request: HttpRequest, version: Version, to: str, totals: CallerTotals, form: MoveForm) -> None:
    move_version(version, to, actor=actor_of(request), calls=totals.calls, **form.values())


def _lead(move: Move, totals: CallerTotals, version: Version, now: datetime) -> str:
    """What will happen and whom it meets."""
    if not totals.calls:
        return f"{move.effect} Nobody called it in 7 days."
    extended = version.extensions.filter(sunset_at__gt=now).count()
    kept = f" {extended} of its applications keep a date of their own." if extended else ""
    by = f"{totals.calls:,} calls of {totals.applications:,} application{'' if totals.applications == 1 else 's'}"
    return f"{move.effect} In 7 days it had {by}.{kept}"


@console(Api, "change")
def version_undo(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take back the last move, from the page that showed it and names it."""
    found = find_version(public_id)
    if request.method != "POST":
        return SeeOther(page_of_life(found))
    try:
        undo_move(found, request.POST.get("act", ""), actor=actor_of(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return SeeOther(page_of_life(found))
    state = State(find_version(public_id).state).label.lower()
    return done(request, f"Undone: {found} is {state} with the dates it had.", page_of_life(found))


@console(Api, "change")
def operation_life(request: HttpRequest, public_id: str) -> HttpResponse:
    """The dates of one operation."""
    found = get_object_or_404(Operation.objects.select_related("version__api"), public_id=public_id)
    dates = {"deprecated_at": found.deprecated_at, "sunset_at": found.sunset_at}
    form = DatesForm(request.POST if request.method == "POST" else None, initial=dates)
    if form.is_valid() and saved(form, lambda: date_operation(found, actor=actor_of(request), **form.cleaned_data)):
        return done(request, f"{found} has these dates now.", page_of_life(found.version))
    lead = "Beside the version's dates; the earlier ones count. Empty: it has none of its own."
    trail = trail_of_life(found.version)
    return form_page(request, form, title=f"End of {found}", submit="Set its dates", trail=trail, lead=lead)
