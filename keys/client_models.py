"""OAuth clients, and what people let them do. A client is a credential of kind `client`; its OAuth facts stand here."""

from typing import Any

from django.db import models
from django.db.models import Q
from oauthlib.oauth2.rfc6749.errors import MissingRedirectURIError

from accounts.models import User
from audit.public_ids import new_public_id


def _consent_id() -> str:
    return new_public_id("gnt")


class Grant(models.TextChoices):
    """What a client may ask tokens for: itself, or people who sign in. The second one comes with refresh tokens."""

    CLIENT_CREDENTIALS = "client_credentials", "Client credentials"
    AUTHORIZATION_CODE = "authorization_code", "Authorization code"


class Client(models.Model):
    """What OAuth knows of a credential beside its scopes, networks, status and secrets.

    `redirect_uris` are compared as texts (RFC 9700, 2.1). A public client has no secret and cannot ask for itself.
    `requires_dpop`: its tokens are bound to a key that it holds (RFC 9449).
    """

    credential = models.OneToOneField("keys.Credential", models.PROTECT, related_name="client")
    is_public = models.BooleanField(default=False)
    redirect_uris = models.JSONField(default=list)
    grants = models.JSONField(default=list)
    requires_dpop = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.credential)

    @property
    def client_id(self) -> str:
        """Its name on the wire."""
        return str(self.credential.public_id)

    @property
    def client_type(self) -> str:
        """As RFC 6749, 2.1 has it; asked by django-oauth-toolkit, as all that follows."""
        return "public" if self.is_public else "confidential"

    @property
    def default_redirect_uri(self) -> str:
        """None is assumed: every request names its own (RFC 9700, 4.1.3)."""
        raise MissingRedirectURIError

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Whether it is one of them, character by character."""
        return uri in self.redirect_uris

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Whether one of the toolkit's names of grants (with hyphens) is one of its grants."""
        return any(name.replace("-", "_") in self.grants for name in grant_types)

    def is_usable(self, request: Any) -> bool:
        """Whether it may ask for tokens now; `request` is not looked at."""
        credential, application = self.credential, self.credential.application
        owner = application.organisation
        return credential.state in ("active", "quarantined") and application.status == owner.status == "active"

    def origin_allowed(self, origin: str) -> bool:
        """Which pages may read the answers is not the toolkit's matter (portal.oauth.browsers)."""
        return False


class Consent(models.Model):
    """What a person lets a client do for them (a grant, in OAuth's words). `apis` are slugs. At most one stands for a
    person and a client; a withdrawn one stays, and another one follows it."""

    public_id = models.CharField(max_length=32, unique=True, default=_consent_id, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="consents")
    credential = models.ForeignKey("keys.Credential", models.PROTECT, related_name="consents")
    scopes = models.JSONField(default=list)
    apis = models.JSONField(default=list)
    granted_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "credential"], condition=Q(withdrawn_at=None), name="one_consent_for_a_client"
            )
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_active(self) -> bool:
        """Whether it stands."""
        return self.withdrawn_at is None

    @property
    def stands(self) -> bool:
        """Whether tokens may rest on it: it was not withdrawn, and the person is still there."""
        return self.is_active and bool(self.user.is_active)
