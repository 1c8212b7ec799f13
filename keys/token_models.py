"""What the authorization server has issued, as digests, and the keys with which it signs.

Codes and tokens are django-oauth-toolkit's models with what ours need more. None holds the text that was issued.
"""

from uuid import UUID

from django.db import models
from oauth2_provider.models import AbstractAccessToken, AbstractGrant, AbstractRefreshToken

from keys.client_models import Consent


class AuthorizationCode(AbstractGrant):
    """A code, `code` being its digest. A used one stays until it expires, so that a replay is known for one.

    `dpop_jkt` is the thumbprint of the key that alone may redeem it (RFC 9449, 10); empty: any.
    """

    consent = models.ForeignKey(Consent, models.CASCADE, related_name="+")
    family = models.UUIDField(editable=False)
    dpop_jkt = models.CharField(max_length=43, blank=True)
    used_at = models.DateTimeField(null=True)

    class Meta(AbstractGrant.Meta):
        abstract = False


class AccessToken(AbstractAccessToken):
    """An access token that was issued, so that it can be revoked and introspected. `family` is what its code began;
    None for a client that asks for itself."""

    id_token = None
    jti = models.CharField(max_length=43, unique=True)
    consent = models.ForeignKey(Consent, models.CASCADE, null=True, related_name="+")
    family = models.UUIDField(null=True, editable=False, db_index=True)
    dpop_jkt = models.CharField(max_length=43, blank=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta(AbstractAccessToken.Meta):
        abstract = False


class RefreshToken(AbstractRefreshToken):
    """A refresh token. A public client's is bound to the key with which it was asked for, where there was one."""

    consent = models.ForeignKey(Consent, models.CASCADE, related_name="+")
    scope = models.TextField()
    dpop_jkt = models.CharField(max_length=43, blank=True)
    expires_at = models.DateTimeField()

    class Meta(AbstractRefreshToken.Meta):
        abstract = False

    @property
    def family(self) -> UUID:
        """What its code began."""
        assert self.token_family is not None
        return self.token_family


class SigningKey(models.Model):
    """A key pair of the server. Published from the start, it signs from `signs_from` until another one does, and stays
    published until `ends_at`, when the last token it signed has expired (None: not yet replaced)."""

    kid = models.CharField(max_length=43, unique=True)
    public_jwk = models.JSONField()
    sealed_private_jwk = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    signs_from = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-signs_from", "-id"]

    def __str__(self) -> str:
        return self.kid
