"""The call log. Plain public ids, no foreign keys: it outlives what it names and can move to another store."""

from django.db import models

from analytics.addresses import AddressKeyField


class Call(models.Model):
    """One call, see contract.calls.CallRow for what each column means. `at` is on Valkey's clock."""

    request_id = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
    organisation = models.CharField(max_length=32)
    application = models.CharField(max_length=32)
    credential = models.CharField(max_length=32)
    secret = models.CharField(max_length=24, blank=True)
    environment = models.CharField(max_length=8)
    gateway = models.CharField(max_length=64)
    method = models.CharField(max_length=16)
    path = models.CharField(max_length=2048)
    api = models.CharField(max_length=64, blank=True)
    version = models.CharField(max_length=64, blank=True)
    operation = models.CharField(max_length=32, blank=True)
    plan = models.CharField(max_length=32, blank=True)
    subscription = models.CharField(max_length=32, blank=True)
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=16)
    status = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=40, blank=True)
    upstream_status = models.PositiveSmallIntegerField(default=0)
    duration_us = models.PositiveBigIntegerField(default=0)
    upstream_us = models.PositiveBigIntegerField(default=0)
    bytes_in = models.PositiveBigIntegerField(default=0)
    bytes_out = models.PositiveBigIntegerField(default=0)
    masked = models.JSONField(default=list)
    cost = models.PositiveIntegerField(default=1)
    is_shadow = models.BooleanField(default=False)
    client_request_id = models.CharField(max_length=128, blank=True)
    is_invalid = models.BooleanField(default=False)
    undeclared = models.PositiveIntegerField(default=0)
    restriction = models.CharField(max_length=200, blank=True)
    user = models.CharField(max_length=32, blank=True)
    bound = models.BooleanField(default=False)
    address_key = AddressKeyField(max_length=33, blank=True, editable=False)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            # What stands behind the ids answers counts and percentiles from the index alone.
            models.Index(
                fields=["application", "-at", "-id", "outcome", "status", "duration_us"], name="calls_of_application"
            ),
            models.Index(fields=["credential", "-at", "-id"], name="calls_of_credential"),
            models.Index(fields=["-at", "-id", "outcome", "status"], name="calls_by_time"),
            models.Index(fields=["version", "-at", "application", "credential", "operation"], name="calls_of_version"),
            models.Index(
                fields=["user", "credential", "-at"], name="calls_for_people", condition=models.Q(user__gt="")
            ),
            models.Index(
                fields=["-at", "restriction"], name="calls_restricted", condition=models.Q(restriction__gt="")
            ),
        ]

    def __str__(self) -> str:
        return self.request_id


class OperationUse(models.Model):
    """When a key last got an operation past the gateway's checks: written with the calls, a row a pair of them."""

    credential = models.CharField(max_length=32)
    operation = models.CharField(max_length=32)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credential", "operation"], name="one_use_per_operation")]

    def __str__(self) -> str:
        return f"{self.credential}: {self.operation}"


class StreamPosition(models.Model):
    """How far the call stream of a slot is in the log; moved in the same transaction as the rows."""

    slot = models.PositiveSmallIntegerField(unique=True)
    position = models.CharField(max_length=40, default="0-0")

    def __str__(self) -> str:
        return f"slot {self.slot} at {self.position}"
