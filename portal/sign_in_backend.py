"""Who is behind a session; read with each request, so what every page must know of the person comes along."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Exists, OuterRef, Q
from django_otp_webauthn.models import WebAuthnCredential

from accounts.models import Authenticator, Membership, User

_OWN = Q(user=OuterRef("pk"))


class SignInBackend(AuthenticationBackend):
    """allauth's, and two facts more in its one query.

    `has_factor`: there is a second factor. `must_verify`: an organisation of theirs asks for one.
    """

    def get_user(self, user_id: Any) -> User | None:
        """None for who may not sign in any more."""
        asked = Exists(Membership.objects.filter(_OWN, organisation__requires_second_factor=True))
        app = Exists(Authenticator.objects.filter(_OWN, confirmed=True))
        passkey = Exists(WebAuthnCredential.objects.filter(_OWN, confirmed=True))
        user = User.objects.annotate(must_verify=asked, has_factor=app | passkey).filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
