"""People, organisations, roles and applications."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone

from accounts.authenticators import Authenticator
from accounts.code_tries import CodeTries
from audit.public_ids import new_public_id

__all__ = [
    "Application",
    "Authenticator",
    "CodeTries",
    "Invitation",
    "Membership",
    "Organisation",
    "Role",
    "SignIn",
    "User",
]


def _user_id() -> str:
    return new_public_id("usr")


def _organisation_id() -> str:
    return new_public_id("org")


def _application_id() -> str:
    return new_public_id("app")


def _invitation_id() -> str:
    return new_public_id("inv")


def _sign_in_id() -> str:
    return new_public_id("sgn")


class UserManager(BaseUserManager["User"]):
    """Makes people; used by the write functions and by `createsuperuser`."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Raises ValueError without an e-mail address."""
        if not email:
            raise ValueError("an e-mail address is required")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A member of staff with every permission."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, named by e-mail address. Staff are the people of the API's owner."""

    public_id = models.CharField("name in the system", max_length=32, unique=True, default=_user_id)
    email = models.EmailField("e-mail address", max_length=254, db_index=True)
    name = models.CharField(max_length=120, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    # Sign-up answers alike for known and unknown addresses and gives a key at once, so an address may stand on several
    # accounts until one of them verifies it: verified addresses are the unique ones (allauth's EmailAddress).
    USERNAME_FIELD = "public_id"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]
    objects = UserManager()

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        """The name that pages show."""
        return self.name or self.email

    @property
    def first_name(self) -> str:
        """What Wagtail's menu calls them."""
        return self.name.partition(" ")[0] or self.email


class Organisation(models.Model):
    """Who holds the contract: owns applications, subscribes to plans, gets the bill."""

    public_id = models.CharField(max_length=32, unique=True, default=_organisation_id, editable=False)
    name = models.CharField(max_length=120)
    status = models.CharField(
        max_length=16, default="active", choices=[("active", "active"), ("suspended", "suspended")]
    )
    requires_second_factor = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member of an organisation may do."""

    OWNER = "owner", "Owner"
    DEVELOPER = "developer", "Developer"
    BILLING = "billing", "Billing"
    VIEWER = "viewer", "Viewer"


class Membership(models.Model):
    """A person's place in an organisation."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "user"], name="one_membership_per_person")]

    def __str__(self) -> str:
        return f"{self.user} in {self.organisation}"


class Invitation(models.Model):
    """A place in an organisation that is offered to an e-mail address. The token of its link is kept as digest only."""

    public_id = models.CharField(max_length=32, unique=True, default=_invitation_id, editable=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="invitations")
    email = models.EmailField("e-mail address", max_length=254)
    role = models.CharField(max_length=16, choices=Role.choices)
    status = models.CharField(
        max_length=16, default="open", choices=[(name, name) for name in ("open", "accepted", "revoked")]
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"], condition=models.Q(status="open"), name="one_open_invitation"
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def state(self) -> str:
        """What people read: open, expired, accepted or revoked."""
        return "expired" if self.status == "open" and self.expires_at <= timezone.now() else self.status


class SignIn(models.Model):
    """One sign-in with one browser; the session's key is kept as digest, the address as its network only."""

    public_id = models.CharField(max_length=32, unique=True, default=_sign_in_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, db_index=True)
    device = models.CharField("digest of the browser's mark", max_length=64, db_index=True)
    words = models.CharField(max_length=60)
    network = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.words


class Application(models.Model):
    """What calls: holds credentials and subscriptions. It never changes organisation."""

    public_id = models.CharField(max_length=32, unique=True, default=_application_id, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="applications")
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=16, default="active", choices=[("active", "active"), ("removed", "removed")])
    cors_origins = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    first_call_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
