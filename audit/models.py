"""Audit events, the chain over them, and the version of every published record."""

from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q

from audit.public_ids import new_public_id


def _event_id() -> str:
    return new_public_id("evt")


class Event(models.Model):
    """One act. Rows are only ever inserted; `records` lists [name, version] of what the act published.

    What it says about people stands in `texts`; `personal` and `changes` hold digests in their places.
    """

    public_id = models.CharField(max_length=32, unique=True, default=_event_id, editable=False)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64, db_index=True)
    organisation = models.CharField(max_length=32, blank=True, db_index=True)
    action = models.CharField(max_length=64, db_index=True)
    object_kind = models.CharField(max_length=32)
    object_id = models.CharField(max_length=120, db_index=True)
    changes = models.JSONField(default=dict)
    personal = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True, db_index=True)
    records = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.object_label or self.object_id}"

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Events are never deleted."""
        raise TypeError("audit events are never deleted")

    @property
    def actor_label(self) -> str:
        """Who did it, as people read it; empty where it was erased."""
        return self._text("actor_label")

    @property
    def object_label(self) -> str:
        """What it was done to, as people read it; empty where it was erased."""
        return self._text("object_label")

    @property
    def reason(self) -> str:
        """Why, in the actor's own words."""
        return self._text("reason")

    @property
    def address(self) -> str:
        """The network address it came from; empty for commands and what runs by itself."""
        return self._text("address")

    def _text(self, field: str) -> str:
        """One query, unless `texts` are prefetched."""
        digest = self.personal.get(field)
        return next((text.text for text in self.texts.all() if text.digest == digest), "") if digest else ""


class PersonalText(models.Model):
    """A text of an event that names a person, or may. Erased, it has neither salt nor text but says by which event."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="texts")
    subject = models.CharField(max_length=120, blank=True, db_index=True)
    digest = models.CharField(max_length=64)
    salt = models.CharField(max_length=32, blank=True)
    text = models.TextField(blank=True)
    erasure = models.CharField("public id of the event that erased it", max_length=32, blank=True)

    def __str__(self) -> str:
        return f"a text of event {self.event_id}"


class Unchained(models.Model):
    """An event that waits for the chainer. Events commit in another order than they are numbered, so a number already
    passed tells nothing; this row comes and goes with its event's commit."""

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="unchained")

    def __str__(self) -> str:
        return f"event {self.event_id} waits"


class ChainLink(models.Model):
    """The place of one event in the chain. Rows are only ever inserted."""

    seq = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, models.PROTECT, related_name="link")
    event_name = models.CharField("public id of the event", max_length=32)
    previous = models.CharField(max_length=64)
    mac = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.seq}: {self.event_name}"

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Links are never deleted."""
        raise TypeError("links of the audit chain are never deleted")


class ChainCheck(models.Model):
    """What the last look at the chain found: one row. `finding` is empty where all is whole."""

    at = models.DateTimeField()
    whole_at = models.DateTimeField("when it was last read from its first link on", null=True)
    seq = models.BigIntegerField(default=0)
    mac = models.CharField(max_length=64, blank=True)
    event_name = models.CharField(max_length=32, blank=True)
    finding = models.CharField(max_length=254, blank=True)

    def __str__(self) -> str:
        return self.finding or f"whole up to link {self.seq}"


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
