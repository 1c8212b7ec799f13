"""`/team/<organisation>/invite/` sends invitations; `/invitations/accept/` is where their links lead.

A link's token goes from the address into the session, as digest, so that it stands in no history and no log.
"""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import invitations
from accounts.access import MANAGE_TEAM, NotVisible, access_organisation
from accounts.invitations import Unusable, digest_of, is_for
from accounts.models import Invitation, Organisation, Role, User
from portal.pages.forms.team import InvitationForm
from portal.pages.person import actor_of, person
from portal.pages.recent_login import recent_login_required
from portal.pages.redirects import see_other
from portal.pages.team import team_frame
from portal.staff.saving import saved

IN_HAND = "invitation in hand"


@never_cache
@login_required
@recent_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, org_id: str) -> HttpResponse:
    """Address and role. Owners only."""
    organisation = access_organisation(person(request), org_id, MANAGE_TEAM)
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and saved(form, lambda: _send(request, organisation, form)):
        messages.success(request, f"The invitation to {form.cleaned_data['email']} is on its way.")
        return see_other(reverse("team_of", args=[org_id]))
    context = {**team_frame(organisation, "Invite someone"), "form": form}
    return render(request, "team/invite.html", context, status=422 if form.errors else 200)


def _send(request: HttpRequest, organisation: Organisation, form: InvitationForm) -> None:
    email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
    invitations.invite(organisation, email, role, actor=actor_of(request), invited_by=person(request))


@never_cache
@login_required
@recent_login_required
@require_POST
def invitation_resend(request: HttpRequest, org_id: str, invitation_id: str) -> HttpResponse:
    """A new link; the old one is dead."""
    found = _own_invitation(request, org_id, invitation_id)
    return _act(request, found, invitations.resend, f"The invitation to {found} is on its way again.")


@never_cache
@login_required
@recent_login_required
@require_POST
def invitation_revoke(request: HttpRequest, org_id: str, invitation_id: str) -> HttpResponse:
    """The link is dead."""
    found = _own_invitation(request, org_id, invitation_id)
    return _act(request, found, invitations.revoke, f"The invitation to {found} is withdrawn.")


def _own_invitation(request: HttpRequest, org_id: str, invitation_id: str) -> Invitation:
    organisation = access_organisation(person(request), org_id, MANAGE_TEAM)
    found = Invitation.objects.filter(organisation=organisation, public_id=invitation_id).first()
    if found is None:
        raise NotVisible(invitation_id)
    return found


def _act(request: HttpRequest, found: Invitation, act: object, done: str) -> HttpResponse:
    try:
        act(found, actor=actor_of(request))  # type: ignore[operator]
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, done)
    return see_other(reverse("team_of", args=[found.organisation.public_id]))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest) -> HttpResponse:
    """Shows the invitation in hand and takes the place; without one, and for a token never sent, it is not found."""
    if token := request.GET.get("token"):
        request.session[IN_HAND] = digest_of(token)
        return redirect("invitation_accept")
    invitation = invitations.find(request.session.get(IN_HAND, ""))
    if invitation.state != "open":
        return _unusable(request, Unusable(invitation.state, invitation))
    if not isinstance(request.user, User):
        # Whoever holds the token has read that mailbox: signing up with its address confirms it.
        get_adapter().stash_verified_email(request, invitation.email)
        return render(request, "invitations/stranger.html", {"invitation": invitation, "role": _role(invitation)})
    if request.method == "POST":
        return _accept(request, invitation)
    if not is_for(invitation, request.user):
        return _unusable(request, Unusable("address", invitation))
    return render(request, "invitations/accept.html", {"invitation": invitation, "role": _role(invitation)})


def _role(invitation: Invitation) -> Role:
    return Role(invitation.role)


def _accept(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    try:
        invitations.accept(invitation.digest, person(request), actor=actor_of(request))
    except Unusable as error:
        return _unusable(request, error)
    del request.session[IN_HAND]
    messages.success(request, f"You belong to {invitation.organisation} now.")
    return see_other(reverse("team_of", args=[invitation.organisation.public_id]))


def _unusable(request: HttpRequest, error: Unusable) -> HttpResponse:
    """410 for what is over for everybody, 403 for who is signed in as somebody else."""
    context = {"invitation": error.invitation, "state": error.state}
    return render(request, "invitations/unusable.html", context, status=403 if error.state == "address" else 410)
