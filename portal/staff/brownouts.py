"""`/admin/apis/versions/<id>/brownouts/`: windows planned with what they would refuse, and what they have refused."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from accounts.models import Application
from analytics.callers import calls_in_windows
from catalog.brownouts import (
    REFUSED,
    WEEK,
    check_window,
    end_brownout,
    plan_brownout,
    predicted_failures,
    same_hours_before,
)
from catalog.models import Api, Brownout, Version
from portal.pages.redirects import SeeOther
from portal.staff.consoles import console, may
from portal.staff.life_forms import WindowForm
from portal.staff.listing import page_of
from portal.staff.saving import actor_of, done, saved, show_refusal
from portal.staff.versions import find_version, trail_of_version

MOST_NAMED = 20


@console(Api, "view")
def brownouts(request: HttpRequest, public_id: str) -> HttpResponse:
    """The calendar. A GET with times shows what a window would refuse; a POST plans it."""
    if request.method == "POST":
        return _plan(request, public_id)
    is_asked = "starts_at" in request.GET
    return _calendar(request, find_version(public_id), WindowForm(request.GET if is_asked else None))


@console(Api, "change")
def _plan(request: HttpRequest, public_id: str) -> HttpResponse:
    version, form = find_version(public_id), WindowForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        if saved(form, lambda: plan_brownout(version, actor=actor_of(request), **values)):
            return done(request, "The brownout is planned.", _page(version))
    return _calendar(request, version, form)


def _calendar(request: HttpRequest, version: Version, form: WindowForm) -> HttpResponse:
    now = timezone.now()
    prediction = _prediction(version, form, now) if form.is_bound and form.is_valid() else None
    page = page_of(version.brownouts.order_by("-starts_at"), request)
    context = {
        "title": f"Brownouts of {version}",
        "trail": trail_of_version(version),
        "version": version,
        "form": form,
        "prediction": prediction,
        "page": page,
        "rows": _rows(version, page.rows, now),
        "exempt": list(version.extensions.filter(is_exempt=True).select_related("application")[:MOST_NAMED]),
        "may_change": may(request.user, "change", Api),
    }
    return render(request, "staff/brownouts.html", context, status=422 if form.is_bound and form.errors else 200)


def _rows(version: Version, windows: list[Brownout], now: datetime) -> list[tuple[Brownout, str, int]]:
    """Each with its state and the calls that it has refused so far. One query."""
    counted = calls_in_windows(version.public_id, [(one.starts_at, one.ends_at) for one in windows], problem=REFUSED)
    return [(one, one.state_at(now), number) for one, number in zip(windows, counted, strict=True)]


def _prediction(version: Version, form: WindowForm, now: datetime) -> dict[str, Any] | None:
    """What the window would refuse, by the same hours of the weeks before. What is wrong with it stands in the form."""
    window = form.cleaned_data["starts_at"], form.cleaned_data["ends_at"]
    try:
        check_window(version, *window, now)
    except ValidationError as error:
        show_refusal(form, error)
        return None
    failures = predicted_failures(version, *window, now)
    earlier = predicted_failures(version, *(moment - WEEK for moment in same_hours_before(*window, now)), now)
    return {
        "window": window,
        "since": same_hours_before(*window, now)[0],
        "figures": [
            ("Calls refused", f"{sum(failures.values()):,}", "as last week"),
            ("The week before", f"{sum(earlier.values()):,}", "calls"),
            ("Applications", f"{len(failures):,}", ""),
        ],
        "rows": _named(failures),
    }


def _named(failures: dict[str, int]) -> list[tuple[Application, int]]:
    """The applications that would lose most. One query."""
    most = sorted(failures, key=lambda name: -failures[name])[:MOST_NAMED]
    rows = Application.objects.filter(public_id__in=most).select_related("organisation")
    return sorted(((one, failures[one.public_id]) for one in rows), key=lambda row: -row[1])


def _page(version: Version) -> str:
    return reverse("staff:brownouts", args=[version.public_id])


@console(Api, "change")
def brownout_end(request: HttpRequest, public_id: str) -> HttpResponse:
    """Cancel one to come, or end the one under way."""
    found = get_object_or_404(Brownout.objects.select_related("version__api"), public_id=public_id)
    if request.method != "POST":
        return SeeOther(_page(found.version))
    try:
        end_brownout(found, actor=actor_of(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return SeeOther(_page(found.version))
    return done(request, "It refuses nothing any more.", _page(found.version))
