"""Plans with their limits and masks, and the subscriptions of applications to them."""

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q

from accounts.models import Application, Organisation, User
from audit.public_ids import new_public_id
from catalog.models import SEGMENT, Api, Operation, Version

MOST_TERMS = 20_000
"""Characters of a plan's terms."""


def _plan_id() -> str:
    return new_public_id("pln")


def _subscription_id() -> str:
    return new_public_id("sub")


class Plan(models.Model):
    """What a subscriber gets: versions, scopes, limits, and which fields are masked."""

    public_id = models.CharField(max_length=32, unique=True, default=_plan_id, editable=False)
    slug = models.CharField(max_length=64, unique=True, validators=[SEGMENT])
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    terms = models.TextField(
        blank=True,
        validators=[MaxLengthValidator(MOST_TERMS)],
        help_text="CommonMark. Whoever chooses the plan accepts them; after a change they are asked again.",
    )
    #: SHA-256 of the terms, which names their version; see plans.terms.
    terms_digest = models.CharField(max_length=64, blank=True, editable=False)
    terms_changed_at = models.DateTimeField(null=True, editable=False)
    price_cents = models.PositiveIntegerField("price a month, in cents", default=0)
    currency = models.CharField(max_length=3, default="EUR")
    position = models.PositiveIntegerField(default=0, help_text="Plans are compared in this order; more comes later.")
    is_default = models.BooleanField("given at sign-up", default=False)
    is_public = models.BooleanField("shown to everybody", default=True)
    filters_undeclared = models.BooleanField(
        "only documented fields", default=False, help_text="Takes out of answers what the document does not declare."
    )
    on_leak = models.CharField(
        "when a key leaks",
        max_length=16,
        default="quarantine",
        choices=[("quarantine", "it may only read"), ("revoke", "it is revoked")],
        help_text="What becomes of a key that was found in public, until its owner has rotated it.",
    )
    versions = models.ManyToManyField(Version, related_name="plans", blank=True)
    scopes = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_plan")
        ]

    def __str__(self) -> str:
        return self.name


class Limit(models.Model):
    """One limit of a plan, see contract.records.Limit."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="limits")
    name = models.CharField(max_length=40, validators=[SEGMENT])
    kind = models.CharField(
        max_length=16, choices=[("rate", "rate"), ("quota", "quota"), ("concurrency", "calls at once")]
    )
    amount = models.PositiveIntegerField()
    period_seconds = models.PositiveIntegerField(default=0, help_text="rate: the period of the amount.")
    burst = models.PositiveIntegerField(default=0, help_text="rate: calls at once after a pause; 0 means the amount.")
    window = models.CharField(
        max_length=8, blank=True, choices=[("day", "day"), ("month", "month")], help_text="quota: its window."
    )
    anchored = models.BooleanField(default=False, help_text="quota: windows begin when the subscription began.")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["plan", "name"], name="one_limit_per_name")]

    def __str__(self) -> str:
        return f"{self.plan}: {self.name}"


class Mask(models.Model):
    """One mask rule of a plan and where it applies; an empty axis means all. What it hangs on cannot be deleted: a mask
    that went with it would be missing when the same field comes back."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="masks")
    api = models.ForeignKey(Api, models.PROTECT, null=True, blank=True, related_name="+")
    version = models.ForeignKey(Version, models.PROTECT, null=True, blank=True, related_name="+")
    operation = models.ForeignKey(Operation, models.PROTECT, null=True, blank=True, related_name="+")
    path = models.CharField("JSONPath", max_length=300)
    action = models.CharField(
        max_length=16,
        choices=[
            ("remove", "remove"),
            ("redact", "redact"),
            ("partial", "keep the last characters"),
            ("hash", "hash"),
            ("truncate", "keep the first characters"),
            ("generalise", "generalise"),
        ],
    )
    keep = models.PositiveIntegerField("characters kept", default=0)
    precision = models.CharField(max_length=16, blank=True)
    is_required = models.BooleanField("withhold the answer if nothing matches", default=False)
    parameters = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.plan}: {self.action} {self.path}"


class Subscription(models.Model):
    """An application's plan for one API, in one row for life, so that its counters hang on it."""

    public_id = models.CharField(max_length=32, unique=True, default=_subscription_id, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="subscriptions")
    api = models.ForeignKey(Api, models.PROTECT, related_name="subscriptions")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="subscriptions")
    status = models.CharField(
        max_length=16,
        default="active",
        choices=[("active", "active"), ("suspended", "suspended"), ("ended", "ended")],
    )
    started_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["application", "api"], name="one_subscription_per_api")]

    def __str__(self) -> str:
        return f"{self.application} on {self.plan} of {self.api}"

    @property
    def record_id(self) -> str:
        """Its name among the published records."""
        return f"{self.application.public_id}/{self.api.public_id}"


class TermsAcceptance(models.Model):
    """That a person accepted, for their organisation, one version of a plan's terms."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="acceptances")
    digest = models.CharField(max_length=64)
    accepted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "plan", "digest"], name="one_acceptance_per_terms")
        ]

    def __str__(self) -> str:
        return f"{self.organisation} on the terms of {self.plan}"
