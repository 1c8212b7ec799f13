"""APIs, their versions, and the operations of a version."""

from django.core.validators import RegexValidator
from django.db import models

from audit.public_ids import new_public_id
from catalog.upstreams import check_upstream_url

SEGMENT = RegexValidator(r"\A[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\Z", "Use a–z, 0–9, dot, hyphen, underscore.")
RESERVED_SLUGS = frozenset({"healthz", "readyz", "metrics", "oauth", ".well-known"})


def _api_id() -> str:
    return new_public_id("api")


def _version_id() -> str:
    return new_public_id("ver")


def _operation_id() -> str:
    return new_public_id("opn")


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
    """Where a version stands in its life."""

    DRAFT = "draft", "Draft"
    LIVE = "live", "Live"
    DEPRECATED = "deprecated", "Deprecated"
    RETIRED = "retired", "Retired"


class VersionManager(models.Manager["Version"]):
    """Leaves the document, which may have megabytes, in the database until somebody reads it."""

    def get_queryset(self) -> models.QuerySet["Version"]:
        return super().get_queryset().defer("document")


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
