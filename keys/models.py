"""Credentials of applications, and their secrets (two during a rotation)."""

from django.db import models
from django.utils import timezone

from accounts.models import Application, User
from audit.public_ids import new_public_id


def _credential_id() -> str:
    return new_public_id("key")


class Status(models.TextChoices):
    """A credential's own state; revoked is final."""

    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    REVOKED = "revoked", "Revoked"


class Credential(models.Model):
    """An API key as people know it. Its secrets stand apart, so that it keeps its name when they change."""

    public_id = models.CharField(max_length=32, unique=True, default=_credential_id, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="credentials")
    name = models.CharField(max_length=120)
    environment = models.CharField(max_length=8, choices=[("test", "Test"), ("live", "Live")])
    scopes = models.JSONField(default=list)
    networks = models.JSONField(default=list)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACTIVE)
    expires_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "key"

    def __str__(self) -> str:
        return self.name

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def state(self) -> str:
        """What people read: active, expired, suspended or revoked."""
        return "expired" if self.status == Status.ACTIVE and self.is_expired else self.status


class Secret(models.Model):
    """One secret of a credential, as keyed digest and as the stub that may be shown."""

    credential = models.ForeignKey(Credential, models.PROTECT, related_name="secrets")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(max_length=16)
    last4 = models.CharField(max_length=4)
    not_after = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.prefix}…{self.last4}"
