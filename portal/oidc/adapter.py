"""Whom a believed identity lets in: the account that was made with it, or a new one on the way to a consent page."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.db import transaction
from django.http import HttpRequest

from portal.oidc.refusals import Refusal, refuse
from portal.oidc.ways import CONSENT, route_of


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """An address opens nothing here: only issuer and subject do."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Called once the account was looked for. Ends in a page where it may not go on."""
        target = str(sociallogin.state.get("next", ""))
        refusal = _refusal_of(sociallogin, target)
        if refusal:
            raise ImmediateHttpResponse(refuse(request, refusal, target))

    def authenticate_by_email(self, sociallogin: SocialLogin) -> None:
        """Never."""

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Any:
        """The address alone: names are for people to give."""
        sociallogin.user.email = data.get("email", "")  # type: ignore[union-attr]
        return sociallogin.user

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> Any:
        """Person, identity and address, all or nothing; no organisation, no application. An invitation in hand is
        for an address that shows itself otherwise."""
        request.session.pop("account_verified_email", None)
        user = super().save_user(request, sociallogin, form)
        # allauth keeps an address unverified that somebody else has verified meanwhile.
        if not EmailAddress.objects.filter(user=user, verified=True).exists():
            raise ImmediateHttpResponse(refuse(request, Refusal.TAKEN, str(sociallogin.state.get("next", ""))))
        return user


def _refusal_of(sociallogin: SocialLogin, target: str) -> Refusal | None:
    if sociallogin.is_existing:
        return Refusal.STAFF if sociallogin.user.is_staff else None  # type: ignore[union-attr]
    if route_of(target) != CONSENT:
        return Refusal.UNKNOWN
    if not sociallogin.email_addresses:
        return Refusal.UNVERIFIED
    return Refusal.TAKEN if _is_taken(sociallogin.email_addresses[0].email) else None


def _is_taken(email: str) -> bool:
    """By a verified address: one that nobody has shown to be theirs keeps nobody out."""
    return EmailAddress.objects.filter(email__iexact=email, verified=True).exists()
