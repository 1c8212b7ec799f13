"""Audit events, and the version of every published record."""

from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q

from audit.public_ids import new_public_id


def _event_id() -> str:
    return new_public_id("evt")


class Event(models.Model):
    """One act. Rows are only ever inserted; `records` lists [name, version] of what the act published."""

    public_id = models.CharField(max_length=32, unique=True, default=_event_id, editable=False)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64)
    actor_label = models.CharField(max_length=254, blank=True)
    organisation = models.CharField(max_length=32, blank=True, db_index=True)
    action = models.CharField(max_length=64, db_index=True)
    object_kind = models.CharField(max_length=32)
    object_id = models.CharField(max_length=120, db_index=True)
    object_label = models.CharField(max_length=254, blank=True)
    changes = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    records = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.object_label or self.object_id}"

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Events are never deleted."""
        raise TypeError("audit events are never deleted")


class PublishedRecord(models.Model):
    """The version of one published record. Writers queue on this row's lock; the outbox is `published < version`."""

    kind = models.CharField(max_length=24)
    record_id = models.CharField(max_length=120)
    version = models.BigIntegerField(default=0)
    published_version = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "record_id"], name="one_row_per_record")]
        indexes = [
            models.Index(fields=["id"], condition=Q(published_version__lt=F("version")), name="records_to_publish")
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.record_id} v{self.version}"
