"""`/team/`: who belongs to an organisation, what they may do, and who is invited."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MANAGE_TEAM, access_organisation, organisations_of
from accounts.models import Invitation, Membership, Organisation
from accounts.team import require_second_factor
from accounts.writes import create_organisation, rename_organisation
from audit.writing import write
from portal.pages.forms.team import OrganisationForm, OrganisationNameForm
from portal.pages.person import actor_of, person
from portal.pages.recent_login import recent_login_required
from portal.pages.redirects import see_other
from portal.role_words import ROLE_WORDS

MOST_MEMBERS = 200
MOST_INVITATIONS = 50


@never_cache
@login_required
@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """The person's first organisation; a page that says so where they have none."""
    organisation = organisations_of(person(request)).first()
    if organisation:
        return redirect("team_of", organisation.public_id)
    return render(request, "team/none.html", {"nav": "account"})


@never_cache
@login_required
@recent_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def team_new(request: HttpRequest) -> HttpResponse:
    """Another organisation, of which the person is the owner."""
    form = OrganisationNameForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        made = create_organisation(form.cleaned_data["name"], person(request), actor=actor_of(request))
        return see_other(reverse("team_of", args=[made.public_id]))
    return render(request, "team/new.html", {"nav": "account", "form": form}, status=422 if form.errors else 200)


@never_cache
@login_required
@require_safe
def team_of(request: HttpRequest, org_id: str) -> HttpResponse:
    """Members for everybody who is one; invitations and the ways to change anything for owners."""
    organisations = list(organisations_of(person(request))[:MOST_MEMBERS])
    organisation = access_organisation(person(request), org_id)
    members = Membership.objects.filter(organisation=organisation).select_related("user").order_by("created_at", "id")
    rows = list(members[:MOST_MEMBERS])
    own = next((row for row in rows if row.user_id == person(request).pk), None)
    may_manage = own is not None and own.role in MANAGE_TEAM
    context = {
        **team_frame(organisation),
        "organisations": organisations,
        "members": rows,
        "own": own,
        "roles": [(role.label, words) for role, words in ROLE_WORDS.items()],
        "may_manage": may_manage,
        "invitations": _invitations(organisation) if may_manage else [],
    }
    return render(request, "team/team.html", context)


def _invitations(organisation: Organisation) -> list[Invitation]:
    """Those that wait, and what became of the latest others."""
    waiting_first = Invitation.objects.filter(organisation=organisation).order_by("-status", "-id")
    return sorted(waiting_first[:MOST_INVITATIONS], key=lambda row: row.status != "open")


def team_frame(organisation: Organisation, here: str = "") -> dict[str, Any]:
    """What the pages of one organisation share; `here` names a page below the team's own."""
    trail = [(reverse("account"), "Account")]
    if here:
        trail.append((reverse("team_of", args=[organisation.public_id]), f"Team of {organisation}"))
    return {
        "nav": "account",
        "organisation": organisation,
        "trail": trail,
        "here": here or f"Team of {organisation}",
    }


@never_cache
@login_required
@recent_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def team_settings(request: HttpRequest, org_id: str) -> HttpResponse:
    """The name, and whether members need a second factor."""
    organisation = access_organisation(person(request), org_id, MANAGE_TEAM)
    initial = {"name": organisation.name, "requires_second_factor": organisation.requires_second_factor}
    form = OrganisationForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        _save(request, organisation, form.cleaned_data)
        messages.success(request, "The settings are saved.")
        return see_other(reverse("team_of", args=[org_id]))
    context = {**team_frame(organisation, "Settings"), "form": form}
    return render(request, "team/settings.html", context, status=422 if form.errors else 200)


@write
def _save(request: HttpRequest, organisation: Organisation, values: dict[str, Any]) -> None:
    actor = actor_of(request)
    rename_organisation(organisation, values["name"], actor=actor)
    require_second_factor(organisation, values["requires_second_factor"], actor=actor)
