"""What was imported: each import on its way, and each document that a version has had."""

import json
import zlib
from typing import Any

from django.db import models

from audit.public_ids import new_public_id


def _import_id() -> str:
    return new_public_id("imp")


def _revision_id() -> str:
    return new_public_id("rev")


def _entry_id() -> str:
    return new_public_id("chg")


def pack(value: Any) -> bytes:
    """JSON, compressed: documents have megabytes."""
    return zlib.compress(json.dumps(value, ensure_ascii=False).encode())


def unpack(packed: bytes | memoryview) -> Any:
    return json.loads(zlib.decompress(packed))


class Progress(models.TextChoices):
    """How far an import is. Only what is waiting or running moves by itself."""

    WAITING = "waiting", "Waiting to be read"
    READING = "reading", "Being read"
    READY = "ready", "Ready to be applied"
    REFUSED = "refused", "Refused"
    APPROVED = "approved", "Waiting to be applied"
    APPLYING = "applying", "Being applied"
    APPLIED = "applied", "Applied"
    STOPPED = "stopped", "Stopped in the middle"
    DISCARDED = "discarded", "Discarded"


class Revision(models.Model):
    """A document that a version has had, numbered from 1."""

    public_id = models.CharField(max_length=32, unique=True, default=_revision_id, editable=False)
    version = models.ForeignKey("catalog.Version", models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    packed = models.BinaryField()
    operation_count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["version", "number"], name="one_revision_per_number")]

    def __str__(self) -> str:
        return f"{self.version} revision {self.number}"

    @property
    def document(self) -> dict[str, Any]:
        return dict(unpack(self.packed))


class Import(models.Model):
    """A document on its way into a version. `upload` is the text as it came, until it is read; `packed` the checked
    document, until it is applied. `proposals` are catalog.scopes.Proposal, `changes` catalog.diff.rules.Change."""

    public_id = models.CharField(max_length=32, unique=True, default=_import_id, editable=False)
    version = models.ForeignKey("catalog.Version", models.CASCADE, related_name="imports")
    progress = models.CharField(max_length=16, choices=Progress.choices, default=Progress.WAITING, db_index=True)
    step = models.CharField(max_length=80, blank=True)
    percent = models.PositiveIntegerField(default=0)
    source = models.CharField(max_length=200)
    upload = models.BinaryField(null=True)
    packed = models.BinaryField(null=True)
    size_bytes = models.PositiveIntegerField()
    operation_count = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    proposals = models.JSONField(default=list)
    changes = models.JSONField(default=list)
    base = models.ForeignKey(Revision, models.SET_NULL, null=True, related_name="+")
    approved_by = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.source} into {self.version}"

    @property
    def is_moving(self) -> bool:
        """Whether it will be another one soon."""
        return self.progress in (Progress.WAITING, Progress.READING, Progress.APPROVED, Progress.APPLYING)


class ChangelogEntry(models.Model):
    """What a revision changed, in words for developers. `changes` are kept when it is published."""

    public_id = models.CharField(max_length=32, unique=True, default=_entry_id, editable=False)
    version = models.ForeignKey("catalog.Version", models.CASCADE, related_name="changelog")
    before = models.ForeignKey(Revision, models.CASCADE, related_name="+")
    after = models.OneToOneField(Revision, models.CASCADE, related_name="entry")
    title = models.CharField(max_length=200, blank=True)
    text = models.TextField("what to tell developers", blank=True)
    changes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "changelog entries"

    def __str__(self) -> str:
        return self.title or f"{self.version}: revision {self.after.number}"
