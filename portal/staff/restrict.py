"""`/admin/restrictions/new/`: choose who × what × how, look at what it would do, apply exactly what was looked at.

The choice stands in the address, so looking is a GET and writes nothing; the form that applies posts to that address.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from analytics.export import line
from contract.masking.rules import ACTIONS
from contract.records import Restriction as Record
from portal.staff.consoles import console
from portal.staff.form_page import Trail
from portal.staff.restrict_forms import ApplyForm
from portal.staff.restrict_preview import preview_of
from portal.staff.restrict_query import NAMES, PARAMETERS, Asked, read, understood
from portal.staff.restrict_requirement import WINDOW_FIELDS, added_window, choices_of
from portal.staff.saving import actor_of, done, saved
from restrictions.checks import HOWS, is_everyone
from restrictions.documented_fields import documented_paths
from restrictions.models import Restriction
from restrictions.replay import every_changed_call
from restrictions.words import AXES, PERIODS, WHAT, WHO, sentence
from restrictions.writes import apply_restriction

_HOW_WORDS = {
    "block": ("Block", "Answers 403, problem restricted"),
    "throttle": ("Throttle", "Lets some through, then answers 429"),
    "mask": ("Mask", "Answers without the values"),
    "require": ("Require", "Refuses what does not meet a condition"),
}
_EMPTY = "It is no id, no key's first and last characters, no network and no scope."


def trail_of_restrictions() -> Trail:
    return [(reverse("staff:restrictions"), "Restrictions")]


@console(Restriction, "add")
def restriction_new(request: HttpRequest) -> HttpResponse:
    """GET looks, POST applies."""
    typed = request.GET.get("add", "").strip()
    if added := _added(request, typed):
        return redirect(added)
    asked = read(request.GET)
    problems = asked.problems | ({"add": [_EMPTY]} if typed else {})
    meets_everyone = not problems and is_everyone(asked.record)
    is_lasting = asked.record.how == "require"
    form = ApplyForm(request.POST or None, meets_everyone=meets_everyone, is_lasting=is_lasting)
    if form.is_bound and not problems and form.is_valid() and saved(form, lambda: _apply(request, asked, form)):
        made = Restriction.objects.get(submission=form.cleaned_data["submission"])
        to = reverse("staff:restriction", args=[made.public_id])
        return done(request, f"{made.reference} is applied.", to)
    return _page(request, asked, problems, form)


def _added(request: HttpRequest, typed: str) -> str:
    """The address with what was typed, and with the hours that were put together, among the choices; empty where
    neither was."""
    query = request.GET.copy()
    found, window = understood(typed), added_window(query)
    if found:
        _choose(query, *found)
    if window:
        query.appendlist("window", window)
    for name in (*(["add"] if found else []), *(WINDOW_FIELDS if window else [])):
        query.pop(name, None)
    return f"{request.path}?{query.urlencode()}" if found or window else ""


def _choose(query: QueryDict, name: str, value: str) -> None:
    if name == "network":
        query.appendlist(name, value)
    else:
        query[name] = value


def _apply(request: HttpRequest, asked: Asked, form: ApplyForm) -> None:
    apply_restriction(asked.record, actor=actor_of(request), **form.values())


def _page(request: HttpRequest, asked: Asked, problems: dict[str, list[str]], form: ApplyForm) -> HttpResponse:
    is_begun = any(name in request.GET for name in (*NAMES, "network", "how"))
    names = {subject.id: subject.name for subject in asked.known.values()}
    context = {
        "title": "Restrict",
        "trail": trail_of_restrictions(),
        "asked": asked,
        "problems": [problem for each in problems.values() for problem in each],
        "who": _axes(asked, WHO),
        "what": _axes(asked, WHAT),
        "networks": [(network, network in asked.record.networks) for network in asked.networks],
        "about": about_of(asked),
        "hows": [(how, *_HOW_WORDS[how]) for how in HOWS],
        "periods": PERIODS,
        **_mask_choices(asked.record),
        **choices_of(asked.record.requirement),
        "sentence": sentence(asked.record, names),
        "form": form,
    }
    if is_begun and not problems and asked.can_be_previewed:
        context |= preview_of(asked, about_of(asked), timezone.now())
    return render(request, "staff/restrict.html", context, status=422 if problems or form.errors else 200)


def _axes(asked: Asked, axes: Iterable[str]) -> list[dict[str, Any]]:
    """One checkbox for each thing that is known on these axes."""
    parameters = {axis: name for name, axis in PARAMETERS.items()}
    return [
        {
            "name": parameters.get(axis, axis),
            "words": AXES[axis],
            "subject": asked.known[axis],
            "is_chosen": getattr(asked.record, axis) == asked.known[axis].id,
        }
        for axis in axes
        if axis in asked.known
    ]


def about_of(asked: Asked) -> list[str]:
    """Everything known, so that what is not chosen now can be chosen next."""
    parameters = {axis: name for name, axis in PARAMETERS.items()}
    known = [f"{parameters.get(axis, axis)}:{subject.id}" for axis, subject in asked.known.items()]
    return [*known, *(f"network:{network}" for network in asked.networks)]


def _mask_choices(record: Record) -> dict[str, Any]:
    """Where the operation is known and no field chosen yet, the documented fields to tick."""
    is_open = record.how == "mask" and record.operation and not record.masks
    return {
        "paths": documented_paths(record.operation) if is_open else [],
        "actions": ACTIONS,
        "rule": record.masks[0] if record.masks else None,
    }


@console(Restriction, "add")
def restriction_replay(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The calls that would have answered otherwise, as NDJSON, of the hour that the page showed."""
    asked = read(request.GET)
    if asked.problems:
        text = "\n".join(problem for each in asked.problems.values() for problem in each)
        return HttpResponse(text, status=422, content_type="text/plain; charset=utf-8")
    lines = (line(call) for call in every_changed_call(asked.record, _moment(request.GET.get("at", ""))))
    response = StreamingHttpResponse(lines, content_type="application/x-ndjson")
    response["Content-Disposition"] = 'attachment; filename="replay.ndjson"'
    return response


def _moment(text: str) -> datetime:
    """Microseconds since the epoch, within the last day; now for anything else."""
    now = timezone.now()
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        return now
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(text))
    return moment if now - timedelta(days=1) < moment <= now else now
