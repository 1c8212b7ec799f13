"""Invitations into an organisation: sent by e-mail, accepted once, by the person whose address was invited."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from accounts.access import NotVisible
from accounts.models import Invitation, Membership, Organisation, Role, User
from accounts.writes import add_member
from audit.actors import Actor
from audit.writing import record_event, write
from contract.settings import settings
from notices.mail import post
from notices.models import Letter

LIFETIME = timedelta(days=7)
RESEND_AFTER = timedelta(minutes=1)
MOST_A_DAY = 50
_PURPOSE = b"invitation:"


class Unusable(ValidationError):
    """`state` says why: expired, revoked, accepted; or address: it was meant for another one."""

    def __init__(self, state: str, invitation: Invitation) -> None:
        super().__init__(f"The invitation is {state}.", code=state)
        self.state = state
        self.invitation = invitation


def digest_of(token: str) -> str:
    """What is kept of a link's token: HMAC-SHA-256 under KEY_PEPPER, as hex."""
    return hmac.new(settings().secret_bytes("key_pepper"), _PURPOSE + token.encode(), hashlib.sha256).hexdigest()


def find(digest: str) -> Invitation:
    """Raises NotVisible for a token that was never sent, or whose invitation was sent anew since."""
    invitation = Invitation.objects.select_related("organisation", "invited_by").filter(digest=digest).first()
    if invitation is None:
        raise NotVisible("invitation")
    return invitation


@write
def invite(organisation: Organisation, email: str, role: Role, *, actor: Actor, invited_by: User) -> Invitation:
    """Offer a place and send the link. Raises ValidationError for an address that is none or has its place already."""
    email = _checked_email(organisation, email)
    _check_inviter(organisation, invited_by)
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    if Invitation.objects.filter(organisation=organisation, email=email, status="open").exists():
        raise ValidationError({"email": f"{email} is invited already. Send that invitation again instead."})
    token, now = secrets.token_urlsafe(32), timezone.now()
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=email,
        role=role,
        digest=digest_of(token),
        invited_by=invited_by,
        sent_at=now,
        expires_at=now + LIFETIME,
    )
    _record(actor, "invitation.sent", invitation, {"email": [None, email], "role": [None, role.value]})
    _send(invitation, token)
    return invitation


@write
def resend(invitation: Invitation, *, actor: Actor) -> None:
    """A new link for another seven days; the old one is dead. Raises Unusable, ValidationError within a minute."""
    invitation = _locked(invitation.digest)
    if invitation.status != "open":
        raise Unusable(invitation.status, invitation)
    if timezone.now() - invitation.sent_at < RESEND_AFTER:
        raise ValidationError("It was sent a moment ago. Wait a minute, then send it again.")
    _check_amount(invitation.organisation)
    token, now = secrets.token_urlsafe(32), timezone.now()
    invitation.digest, invitation.sent_at, invitation.expires_at = digest_of(token), now, now + LIFETIME
    invitation.save(update_fields=["digest", "sent_at", "expires_at"])
    _record(actor, "invitation.resent", invitation, {"expires_at": [None, now.isoformat()]})
    _send(invitation, token)


@write
def revoke(invitation: Invitation, *, actor: Actor) -> None:
    """Withdraw it. Raises Unusable where it was accepted or revoked meanwhile."""
    invitation = _locked(invitation.digest)
    if invitation.status != "open":
        raise Unusable(invitation.status, invitation)
    Invitation.objects.filter(pk=invitation.pk).update(status="revoked")
    _record(actor, "invitation.revoked", invitation, {"status": ["open", "revoked"]})


@write
def accept(digest: str, user: User, *, actor: Actor) -> Membership:
    """Take the place. A member keeps the role they have. Raises NotVisible, Unusable."""
    invitation = _locked(digest)
    if invitation.state != "open":
        raise Unusable(invitation.state, invitation)
    if not is_for(invitation, user):
        raise Unusable("address", invitation)
    Invitation.objects.filter(pk=invitation.pk).update(status="accepted")
    _record(actor, "invitation.accepted", invitation, {"status": ["open", "accepted"]})
    present = Membership.objects.filter(organisation=invitation.organisation, user=user).first()
    return present or add_member(invitation.organisation, user, Role(invitation.role), actor=actor)


def is_for(invitation: Invitation, user: User) -> bool:
    """Whether the person has shown that the invited address is theirs."""
    return EmailAddress.objects.filter(user=user, email__iexact=invitation.email, verified=True).exists()


def _locked(digest: str) -> Invitation:
    """Of two who act on it at once, the second finds what the first has made of it."""
    Invitation.objects.select_for_update().filter(digest=digest).first()
    return find(digest)


def _checked_email(organisation: Organisation, email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise ValidationError({"email": error.messages}) from None
    holders = EmailAddress.objects.filter(email__iexact=email, verified=True)
    if Membership.objects.filter(organisation=organisation, user__in=holders.values("user")).exists():
        raise ValidationError({"email": f"{email} is a member already."})
    return email


def _check_inviter(organisation: Organisation, invited_by: User) -> None:
    """Our letters go to whomever somebody names, so whoever names them must be known to us, and not name too many."""
    if not EmailAddress.objects.filter(user=invited_by, verified=True).exists():
        raise ValidationError("Confirm your own e-mail address first; then you can invite others.")
    _check_amount(organisation)


def _check_amount(organisation: Organisation) -> None:
    """Sending again counts as well."""
    sent = Letter.objects.filter(kind="invitation", organisation=organisation.public_id)
    if sent.filter(created_at__gt=timezone.now() - timedelta(days=1)).count() >= MOST_A_DAY:
        raise ValidationError(f"An organisation sends at most {MOST_A_DAY} invitations a day.")


def _send(invitation: Invitation, token: str) -> None:
    context = {
        "organisation": invitation.organisation.name,
        "inviter": str(invitation.invited_by or "An owner"),
        "role": Role(invitation.role).label,
        "path": f"/invitations/accept/?token={token}",
        "days": LIFETIME.days,
    }
    post("invitation", invitation.email, context, organisation=invitation.organisation.public_id)


def _record(actor: Actor, action: str, invitation: Invitation, changes: dict[str, list[object]]) -> None:
    record_event(actor, action, invitation, organisation=invitation.organisation.public_id, changes=changes)
