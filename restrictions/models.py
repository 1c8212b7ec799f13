"""Restrictions: something withheld from someone, until when, and why. They are lifted, never deleted."""

import secrets
from datetime import datetime
from typing import Any, NoReturn

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audit.public_ids import new_public_id

_REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""What people can read out and type without mistaking one character for another."""


def _restriction_id() -> str:
    return new_public_id("rst")


def new_reference() -> str:
    """`R-7K2M9Q`: public, and it tells nothing."""
    return "R-" + "".join(secrets.choice(_REFERENCE_ALPHABET) for _ in range(6))


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    """Restrictions by state, judged at a moment."""

    def standing(self, now: datetime) -> "RestrictionQuerySet":
        """Neither lifted nor over; among them those that have not begun."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now), lifted_at=None)

    def active(self, now: datetime) -> "RestrictionQuerySet":
        """In force at this moment."""
        return self.standing(now).filter(Q(starts_at=None) | Q(starts_at__lte=now))

    def in_state(self, state: str, now: datetime) -> "RestrictionQuerySet":
        """Those of one state, see Restriction.state_at; all for a state that is none."""
        if state == "active":
            return self.active(now)
        if state == "scheduled":
            return self.standing(now).filter(starts_at__gt=now)
        if state == "ended":
            return self.filter(lifted_at=None, ends_at__lte=now)
        return self.exclude(lifted_at=None) if state == "lifted" else self


class Restriction(models.Model):
    """Who × what × how × until × why; an empty axis means all, the named ones must all match. Ids are plain public ids:
    a restriction outlives what it names. See contract.records.Restriction."""

    public_id = models.CharField(max_length=32, unique=True, default=_restriction_id, editable=False)
    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    submission = models.CharField(max_length=64, unique=True, null=True, editable=False)
    how = models.CharField(
        max_length=8, choices=[(how, how) for how in ("block", "throttle", "mask", "require")], default="block"
    )
    organisation = models.CharField(max_length=32, blank=True)
    application = models.CharField(max_length=32, blank=True)
    credential = models.CharField("key", max_length=32, blank=True)
    user = models.CharField(max_length=32, blank=True)
    plan = models.CharField(max_length=32, blank=True)
    networks = models.JSONField(default=list, blank=True)
    api = models.CharField("API", max_length=32, blank=True)
    version = models.CharField(max_length=32, blank=True)
    operation = models.CharField(max_length=32, blank=True)
    scope = models.CharField(max_length=120, blank=True)
    amount = models.PositiveIntegerField(default=0)
    period_seconds = models.PositiveIntegerField(default=0)
    burst = models.PositiveIntegerField(default=0)
    masks = models.JSONField(default=list, blank=True)
    requirement = models.JSONField(null=True, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField()
    advice = models.CharField(max_length=300, blank=True)
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True, editable=False)
    lifted_by = models.CharField(max_length=254, blank=True, editable=False)
    lift_reason = models.TextField(blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["ends_at"], condition=Q(lifted_at=None, retired_at=None), name="restrictions_standing")
        ]

    def __str__(self) -> str:
        return self.reference

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Restrictions are lifted, never deleted."""
        raise TypeError("restrictions are lifted, never deleted")

    def state_at(self, now: datetime) -> str:
        """What people read: scheduled, active, ended or lifted."""
        if self.lifted_at is not None:
            return "lifted"
        if self.ends_at is not None and self.ends_at <= now:
            return "ended"
        return "scheduled" if self.starts_at is not None and self.starts_at > now else "active"

    @property
    def state(self) -> str:
        """Its state now."""
        return self.state_at(timezone.now())
