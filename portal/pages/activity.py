"""`/activity/`: an organisation's own part of the audit log, without what is internal to the portal's staff."""

from typing import NamedTuple

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import NotVisible, organisations_of, require_role
from accounts.models import Membership, Organisation, Role, User
from audit.models import Event
from audit.reading import EventFilters, EventPage, events_of
from contract.settings import settings
from portal.event_words import Change, changes_of, words_of
from portal.pages.person import person

SEE_ACTIVITY = frozenset({Role.OWNER, Role.DEVELOPER, Role.VIEWER})


class Act(NamedTuple):
    """An event as members read it."""

    event: Event
    words: str
    who: str
    reason: str
    changes: list[Change]


@never_cache
@login_required
@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    """To the activity of the person's first organisation."""
    first = organisations_of(person(request)).first()
    if first is None:
        raise NotVisible(request.path)
    return redirect("activity_of", first.public_id)


@never_cache
@login_required
@require_safe
def activity_of(request: HttpRequest, organisation_id: str) -> HttpResponse:
    """What members did, and what was done to the organisation, the newest first."""
    organisations = list(organisations_of(person(request)))
    organisation = _chosen(organisations, organisation_id)
    require_role(person(request), organisation, SEE_ACTIVITY)
    page, problems = _page(organisation, request.GET.get("cursor", ""))
    context = {
        "nav": "account",
        "organisation": organisation,
        "organisations": organisations,
        "acts": acts_for(organisation, page.events),
        "older_url": f"?cursor={page.next_cursor}" if page.next_cursor else "",
        "newer_url": request.path if request.GET.get("cursor") else "",
        "problems": problems,
    }
    return render(request, "activity/activity.html", context, status=422 if problems else 200)


def _chosen(organisations: list[Organisation], public_id: str) -> Organisation:
    """Raises NotVisible."""
    for organisation in organisations:
        if public_id == organisation.public_id:
            return organisation
    raise NotVisible(public_id)


def _page(organisation: Organisation, cursor: str) -> tuple[EventPage, list[str]]:
    try:
        return events_of(EventFilters(organisation=organisation.public_id), cursor=cursor), []
    except ValidationError as error:
        return EventPage([], ""), error.messages


def acts_for(organisation: Organisation, events: list[Event]) -> list[Act]:
    """The events as the organisation's members may read them; two queries."""
    members = set(Membership.objects.filter(organisation=organisation).values_list("user__public_id", flat=True))
    actors = {event.actor_id for event in events} - members
    staff = set(User.objects.filter(public_id__in=actors, is_staff=True).values_list("public_id", flat=True))
    return [_act(event, members, staff) for event in events]


def _act(event: Event, members: set[str], staff: set[str]) -> Act:
    """Names and reasons of whoever is no member now are not theirs to read: it may be, or have been, staff."""
    by_member = event.actor_id in members
    return Act(
        event=event,
        words=words_of(event.action),
        who=event.actor_label if by_member else _outsider(event, staff),
        reason=event.reason if by_member else "",
        changes=changes_of(event, with_people=by_member),
    )


def _outsider(event: Event, staff: set[str]) -> str:
    if event.actor_kind != "user":
        return settings().brand
    return f"{settings().brand} staff" if event.actor_id in staff else "Somebody who is no member now"
