"""Credentials of applications, and their secrets (two during a rotation)."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Application, User
from audit.public_ids import new_public_id
from keys.client_models import Client, Consent, Grant
from keys.token_models import AccessToken, AuthorizationCode, RefreshToken, SigningKey

__all__ = [
    "AccessToken",
    "AuthorizationCode",
    "Client",
    "Consent",
    "Credential",
    "Grant",
    "Kind",
    "LeakReport",
    "RefreshToken",
    "ScopeGrant",
    "Secret",
    "SecretState",
    "Side",
    "SigningKey",
    "Status",
]


def _credential_id() -> str:
    return new_public_id("key")


def _secret_id() -> str:
    return new_public_id("sec")


class Status(models.TextChoices):
    """A credential's own state; revoked is final."""

    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    REVOKED = "revoked", "Revoked"


class Side(models.TextChoices):
    """Who suspended a key: what staff suspended, its team cannot resume."""

    TEAM = "team", "Team"
    STAFF = "staff", "Staff"


class Kind(models.TextChoices):
    """An API key, or an OAuth client: then `client` has the rest."""

    KEY = "key", "Key"
    CLIENT = "client", "Client"


class Credential(models.Model):
    """An API key or an OAuth client as people know it. Its secrets stand apart, so that it keeps its name when they
    change.

    `is_documentation`: with it the portal calls for people who try an operation from its page, see keys.documentation.

    `quarantined_to` holds the scopes left to a key of which a secret was reported as leaked; None: it is not
    quarantined. `reminded_days` is the last reminder of its expiry that needs no repeating.
    """

    public_id = models.CharField(max_length=32, unique=True, default=_credential_id, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="credentials")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.KEY)
    name = models.CharField(max_length=120)
    environment = models.CharField(max_length=8, choices=[("test", "Test"), ("live", "Live")])
    scopes = models.JSONField(default=list)
    networks = models.JSONField(default=list)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACTIVE)
    expires_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)
    suspended_by = models.CharField(max_length=8, choices=Side.choices, blank=True)
    quarantined_to = models.JSONField(null=True)
    is_debug = models.BooleanField("answers may name each step's time", default=False)
    reminded_days = models.PositiveSmallIntegerField(null=True)
    is_documentation = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = "key"
        constraints = [
            models.UniqueConstraint(
                fields=["application", "environment"],
                condition=Q(is_documentation=True) & ~Q(status="revoked"),
                name="one_documentation_client",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_public_client(self) -> bool:
        """Whether it is an OAuth client that could keep no secret. A query where `client` is not loaded."""
        return self.kind == Kind.CLIENT and self.client.is_public

    @property
    def has_secret(self) -> bool:
        """Whether it shows a secret of its own. A query where `client` is not loaded."""
        return not (self.is_documentation or self.is_public_client)

    @property
    def is_quarantined(self) -> bool:
        """Whether it may only read, because a secret of it was reported as leaked."""
        return self.quarantined_to is not None

    @property
    def state(self) -> str:
        """What people read: active, quarantined, expired, suspended or revoked."""
        if self.status != Status.ACTIVE:
            return self.status
        if self.is_expired:
            return "expired"
        return "quarantined" if self.is_quarantined else "active"

    @property
    def scopes_in_force(self) -> list[str]:
        """What it may do now."""
        left = self.scopes if self.quarantined_to is None else self.quarantined_to
        return [scope for scope in self.scopes if scope in left]


class SecretState(models.TextChoices):
    """Where a secret stands in a rotation; keys.secret_states says what may follow what."""

    CURRENT = "current", "Current"
    RETIRING = "retiring", "Retiring"
    ENDED = "ended", "Ended"


class Secret(models.Model):
    """One secret of a credential, as keyed digest and as its stub. `not_after` ends a retiring one."""

    public_id = models.CharField(max_length=32, unique=True, default=_secret_id, editable=False)
    credential = models.ForeignKey(Credential, models.PROTECT, related_name="secrets")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(max_length=16)
    last4 = models.CharField(max_length=4)
    state = models.CharField(max_length=8, choices=SecretState.choices, default=SecretState.CURRENT)
    not_after = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["credential"], condition=Q(state="current"), name="one_current_secret"),
            models.UniqueConstraint(fields=["credential"], condition=Q(state="retiring"), name="one_retiring_secret"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…{self.last4}"


class ScopeGrant(models.Model):
    """Since when a key has a scope: a row for each of `Credential.scopes`, so that unused ones can be asked for."""

    credential = models.ForeignKey(Credential, models.CASCADE, related_name="grants")
    scope = models.CharField(max_length=120)
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credential", "scope"], name="one_grant_per_scope")]

    def __str__(self) -> str:
        return f"{self.credential}: {self.scope}"


def _report_id() -> str:
    return new_public_id("lkr")


class LeakReport(models.Model):
    """One secret that somebody found where it should not be: by its keyed digest, never as it is. Rows of secrets that
    are not ours go once they were looked up."""

    public_id = models.CharField(max_length=32, unique=True, default=_report_id, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    kind = models.CharField(max_length=80, blank=True)
    url = models.CharField(max_length=500, blank=True)
    reporter = models.CharField(max_length=254)
    received_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True)
    secret = models.ForeignKey(Secret, models.PROTECT, null=True, related_name="leak_reports")
    outcome = models.CharField(
        max_length=16,
        blank=True,
        choices=[
            ("quarantined", "Quarantined to reading"),
            ("revoked", "Revoked"),
            ("ended", "Old secret ended"),
            ("none", "Did not work any more"),
        ],
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["id"], condition=Q(handled_at=None), name="leak_reports_to_handle")]

    def __str__(self) -> str:
        return self.public_id
