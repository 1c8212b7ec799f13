"""`/team/<organisation>/members/…`: another role, another owner, removal; and leaving."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MANAGE_TEAM, access_member, access_organisation
from accounts.models import Membership, Organisation, Role
from accounts.team import set_role, transfer_ownership
from keys.ownership import keys_made_by
from portal.leaving import let_go
from portal.pages.forms.team import LeavingForm, RoleForm
from portal.pages.person import actor_of, person
from portal.pages.recent_login import recent_login_required
from portal.pages.redirects import see_other
from portal.pages.team import team_frame
from portal.staff.saving import saved

MOST_SHOWN_KEYS = 50


@never_cache
@login_required
@recent_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, org_id: str, user_id: str) -> HttpResponse:
    """Choose a role. Owners only."""
    organisation = access_organisation(person(request), org_id, MANAGE_TEAM)
    found = access_member(organisation, user_id)
    form = RoleForm(request.POST if request.method == "POST" else None, initial={"role": found.role})
    if form.is_valid() and saved(
        form, lambda: set_role(organisation, found.user, Role(form.cleaned_data["role"]), actor=actor_of(request))
    ):
        messages.success(request, f"{found.user} is {Role(form.cleaned_data['role']).label} now.")
        return see_other(reverse("team_of", args=[org_id]))
    return _page(request, organisation, found, form)


def _page(request: HttpRequest, organisation: Organisation, found: Membership, form: RoleForm) -> HttpResponse:
    context = {**team_frame(organisation, str(found.user)), "member": found, "form": form}
    context["is_self"] = found.user_id == person(request).pk
    return render(request, "team/member.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@recent_login_required
@require_POST
def transfer(request: HttpRequest, org_id: str, user_id: str) -> HttpResponse:
    """The member becomes an owner and the person who asks a developer."""
    organisation = access_organisation(person(request), org_id, MANAGE_TEAM)
    found = access_member(organisation, user_id)
    try:
        transfer_ownership(organisation, person(request), found.user, actor=actor_of(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"{found.user} owns {organisation} now; you are a Developer.")
    return see_other(reverse("team_of", args=[org_id]))


@never_cache
@login_required
@recent_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_remove(request: HttpRequest, org_id: str, user_id: str) -> HttpResponse:
    """GET shows the keys of the leaver and asks what becomes of them. Owners remove; everybody may leave."""
    organisation = access_organisation(person(request), org_id)
    found = access_member(organisation, user_id)
    is_self = found.user_id == person(request).pk
    if not is_self:
        access_organisation(person(request), org_id, MANAGE_TEAM)
    form = LeavingForm(organisation, found, request.POST if request.method == "POST" else None)
    if form.is_valid() and saved(form, lambda: _let_go(request, organisation, found, form)):
        messages.success(request, f"{'You have' if is_self else f'{found.user} has'} left {organisation}.")
        return see_other(reverse("team") if is_self else reverse("team_of", args=[org_id]))
    context = {**team_frame(organisation, "Leave" if is_self else f"Remove {found.user}"), "member": found}
    context |= {"form": form, "is_self": is_self, "keys": keys_made_by(organisation, found.user)[:MOST_SHOWN_KEYS]}
    return render(request, "team/leave.html", context, status=422 if form.errors else 200)


def _let_go(request: HttpRequest, organisation: Organisation, found: Membership, form: LeavingForm) -> None:
    chosen = form.cleaned_data
    let_go(organisation, found.user, chosen["fate"], chosen["heir"], actor=actor_of(request))
