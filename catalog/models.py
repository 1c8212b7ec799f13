"""APIs, their versions, the operations of a version, and what is planned and told of its end."""

from datetime import datetime

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Application
from audit.public_ids import new_public_id
from catalog.upstreams import check_upstream_url

SEGMENT = RegexValidator(r"\A[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\Z", "Use a–z, 0–9, dot, hyphen, underscore.")
RESERVED_SLUGS = frozenset({"healthz", "readyz", "metrics", "oauth", ".well-known", "guides"})


def _api_id() -> str:
    return new_public_id("api")


def _version_id() -> str:
    return new_public_id("ver")


def _operation_id() -> str:
    return new_public_id("opn")


def _brownout_id() -> str:
    return new_public_id("brn")


class Api(models.Model):
    """An API as the gateway serves it: `/<slug>/<version>/…`."""

    public_id = models.CharField(max_length=32, unique=True, default=_api_id, editable=False)
    slug = models.CharField(max_length=64, unique=True, validators=[SEGMENT])
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    owner = models.CharField("owner", max_length=120, blank=True, help_text="Team and person who answer for it.")
    unmatched = models.CharField(
        "undocumented paths",
        max_length=8,
        default="refuse",
        choices=[("refuse", "refuse"), ("shadow", "let through and record as shadow")],
    )
    validation = models.CharField(
        "requests not as documented",
        max_length=8,
        default="enforce",
        choices=[("enforce", "refuse"), ("report", "let through and record"), ("off", "do not look")],
    )
    cors_origins = models.JSONField(
        "web pages that may call", default=list, blank=True, help_text="One origin a line, or * for all. None: no page."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["title", "id"]
        verbose_name = "API"

    def __str__(self) -> str:
        return self.title


class State(models.TextChoices):
    """What people have decided of a version. What holds at a moment is its standing, which its dates say as well."""

    DRAFT = "draft", "Draft"
    LIVE = "live", "Live"
    DEPRECATED = "deprecated", "Deprecated"
    RETIRED = "retired", "Retired"


class VersionManager(models.Manager["Version"]):
    """Leaves the document, which may have megabytes, in the database until somebody reads it."""

    def get_queryset(self) -> models.QuerySet["Version"]:
        return super().get_queryset().defer("document")

    def ageing(self) -> models.QuerySet["Version"]:
        """Those of which is_ageing is true."""
        dated = Q(deprecated_at__isnull=False) | Q(sunset_at__isnull=False)
        return self.filter(Q(state__in=[State.DEPRECATED, State.RETIRED]) | dated).exclude(state=State.DRAFT)


class Version(models.Model):
    """One version of an API: its OpenAPI document and upstreams. `upstream_headers` is sealed, see contract.sealed."""

    public_id = models.CharField(max_length=32, unique=True, default=_version_id, editable=False)
    api = models.ForeignKey(Api, models.PROTECT, related_name="versions")
    name = models.CharField(max_length=64, validators=[SEGMENT])
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    document = models.JSONField(default=dict)
    upstream_url = models.CharField(
        max_length=500, validators=[check_upstream_url], help_text="Where live calls go, without a slash at the end."
    )
    test_upstream_url = models.CharField(
        max_length=500, blank=True, validators=[check_upstream_url], help_text="Where test calls go; empty: refused."
    )
    upstream_headers = models.TextField(blank=True, editable=False)
    deprecated_at = models.DateTimeField(null=True, blank=True)
    sunset_at = models.DateTimeField(null=True, blank=True)
    successor = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VersionManager()

    class Meta:
        base_manager_name = "objects"
        ordering = ["api", "name"]
        constraints = [models.UniqueConstraint(fields=["api", "name"], name="one_version_per_name")]

    def __str__(self) -> str:
        return f"{self.api} {self.name}"

    def standing_at(self, now: datetime) -> State:
        """By state and dates, for applications that have no date of their own."""
        state = State(self.state)
        if state == State.DRAFT:
            return state
        if state == State.RETIRED or (self.sunset_at is not None and self.sunset_at <= now):
            return State.RETIRED
        if self.deprecated_at is not None:
            return State.DEPRECATED if self.deprecated_at <= now else State.LIVE
        return state

    @property
    def standing(self) -> State:
        """Where it stands now."""
        return self.standing_at(timezone.now())

    @property
    def is_ageing(self) -> bool:
        """Whether its end, or the announcement of one, is known, be it to come."""
        has_date = self.deprecated_at is not None or self.sunset_at is not None
        return self.state != State.DRAFT and (has_date or self.state in (State.DEPRECATED, State.RETIRED))


class OperationManager(models.Manager["Operation"]):
    """Leaves the rules in the database until somebody publishes them."""

    def get_queryset(self) -> models.QuerySet["Operation"]:
        return super().get_queryset().defer("request_rules", "answer_rules")


class Operation(models.Model):
    """A method on a path template. `anchor` is its name in documentation addresses. `request_rules` and `answer_rules`
    are made from the document on import (contract.request_rules, contract.answer_rules); None where they cannot be.
    Only an API without validation may have operations without `request_rules`."""

    public_id = models.CharField(max_length=32, unique=True, default=_operation_id, editable=False)
    version = models.ForeignKey(Version, models.CASCADE, related_name="operations")
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    anchor = models.CharField(max_length=200)
    summary = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    tag = models.CharField(max_length=120, blank=True)
    scope = models.CharField(max_length=120, blank=True)
    cost = models.PositiveIntegerField(default=1)
    is_deprecated = models.BooleanField(default=False)
    deprecated_at = models.DateTimeField(null=True, blank=True)
    sunset_at = models.DateTimeField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0)
    request_rules = models.JSONField(null=True, editable=False)
    answer_rules = models.JSONField(null=True, editable=False)

    objects = OperationManager()

    class Meta:
        base_manager_name = "objects"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "method", "path"], name="one_operation_per_method_and_path"),
            models.UniqueConstraint(fields=["version", "anchor"], name="one_operation_per_anchor"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Brownout(models.Model):
    """A window in which a version refuses all but exempt applications. `predicted_calls`: as the log said before it."""

    public_id = models.CharField(max_length=32, unique=True, default=_brownout_id, editable=False)
    version = models.ForeignKey(Version, models.CASCADE, related_name="brownouts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    predicted_calls = models.PositiveBigIntegerField(default=0, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["starts_at", "id"]

    def __str__(self) -> str:
        return f"{self.version} from {self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%H:%M} UTC"

    def state_at(self, now: datetime) -> str:
        """What people read: coming, under way, over or cancelled."""
        if self.cancelled_at is not None:
            return "cancelled"
        if self.ends_at <= now:
            return "over"
        return "coming" if self.starts_at > now else "under way"


class Extension(models.Model):
    """What one application has of its own in a version's life, see contract.records.Extension."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="extensions")
    application = models.ForeignKey(Application, models.CASCADE, related_name="+")
    sunset_at = models.DateTimeField("own sunset", null=True, blank=True)
    is_exempt = models.BooleanField("no brownouts", default=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["version", "application"], name="one_extension_per_application")]

    def __str__(self) -> str:
        return f"{self.application} on {self.version}"


class Told(models.Model):
    """That the people of an application were written to about a version's end."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="told")
    application = models.ForeignKey(Application, models.CASCADE, related_name="+")
    letters = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["version", "application", "-at"], name="told_of_version")]

    def __str__(self) -> str:
        return f"{self.application} of {self.version}"


from catalog.import_models import ChangelogEntry, Import, Progress, Revision  # noqa: E402, F401 (Django looks here)
