"""The provider as allauth sees it: keeps what a sign-in needs in the session, and makes an account of an identity."""

import hashlib
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.base import Provider
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from contract.settings import settings
from portal.oidc.exchange import Identity


class OidcProvider(Provider):
    """It stands in the settings, not in the database. Of an identity it keeps issuer and the subject's digest."""

    id = "oidc"
    uses_apps = False

    @property
    def name(self) -> str:  # type: ignore[override]
        """What people call it."""
        return settings().oidc_name

    @property
    def sub_id(self) -> str:
        """The issuer: the same subject of another one is another person."""
        return settings().oidc_issuer

    def stashed(self, state_id: str) -> dict[str, Any] | None:
        """What this browser's sign-in was begun with, once and for ten minutes."""
        try:
            state: dict[str, Any] = self.unstash_redirect_state(self.request, state_id)
        except PermissionDenied:
            return None
        return state

    def extract_uid(self, data: Identity) -> str:
        """Subjects may be longer than the column, and say more than we need to know."""
        return hashlib.sha256(data.subject.encode()).hexdigest()

    def extract_extra_data(self, data: Identity) -> dict[str, Any]:
        """Nothing."""
        return {}

    def extract_common_fields(self, data: Identity) -> dict[str, Any]:
        """The address that the provider vouches for."""
        return {"email": data.email}

    def extract_email_addresses(self, data: Identity) -> list[EmailAddress]:
        """The same."""
        return [EmailAddress(email=data.email, verified=True, primary=True)] if data.email else []


def callback_address() -> str:
    """Where the provider sends people back, to the character."""
    return f"{settings().portal_base}{reverse('oidc_callback')}"
