"""Brownouts: windows in which an ending version refuses calls, so that whoever still needs it notices in time."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

from analytics.callers import calls_by_application
from audit.actors import Actor
from audit.writing import Conflict, record_event, write
from catalog.models import Brownout, Extension, State, Version

LONGEST = timedelta(hours=24)
MOST_COMING = 100
WEEK = timedelta(days=7)
REFUSED = "version-brownout"
"""The problem in the rows of refused calls."""


@write
def plan_brownout(version: Version, starts_at: datetime, ends_at: datetime, *, actor: Actor) -> Brownout:
    """Plan a window and keep what was predicted. Raises ValidationError."""
    found = Version.objects.select_for_update(of=("self",)).select_related("api").get(pk=version.pk)
    now = timezone.now()
    check_window(found, starts_at, ends_at, now)
    predicted = sum(predicted_failures(found, starts_at, ends_at, now).values())
    made = Brownout.objects.create(version=found, starts_at=starts_at, ends_at=ends_at, predicted_calls=predicted)
    window = {"starts_at": [None, starts_at.isoformat()], "ends_at": [None, ends_at.isoformat()]}
    _record(made, "brownout.planned", {**window, "predicted_calls": [None, predicted]}, actor)
    return made


def check_window(version: Version, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raises ValidationError for a window that makes no sense beside the version's dates and other windows."""
    if version.state != State.DEPRECATED or version.standing_at(now) == State.RETIRED:
        raise ValidationError("Only a deprecated version has brownouts. Deprecate it first.")
    if starts_at < now - timedelta(minutes=1):
        raise ValidationError({"starts_at": "The start lies behind."})
    if not timedelta(0) < ends_at - starts_at <= LONGEST:
        raise ValidationError({"ends_at": "It ends after its start, at most 24 hours later."})
    if version.sunset_at is not None and ends_at > version.sunset_at:
        raise ValidationError({"ends_at": "The version's sunset comes before."})
    standing = version.brownouts.filter(cancelled_at=None)
    if standing.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).exists():
        raise ValidationError({"starts_at": "Another brownout lies in these hours."})
    if standing.filter(ends_at__gt=now).count() >= MOST_COMING:
        raise ValidationError(f"{MOST_COMING} brownouts are planned, as many as there may be.")


@write
def end_brownout(brownout: Brownout, *, actor: Actor) -> None:
    """Cancel one to come, or end the one under way now. Raises Conflict where it is over or cancelled."""
    found = Brownout.objects.select_for_update(of=("self",)).select_related("version__api").get(pk=brownout.pk)
    now = timezone.now()
    state = found.state_at(now)
    if state not in ("coming", "under way"):
        raise Conflict(f"It is {state} already.")
    if state == "coming":
        found.cancelled_at = now
    else:
        found.ends_at = now
    found.save(update_fields=["cancelled_at", "ends_at"])
    _record(found, "brownout.ended", {"state": [state, found.state_at(now)]}, actor)


def _record(brownout: Brownout, action: str, changes: dict[str, list[object]], actor: Actor) -> None:
    publishes = [("version", brownout.version.public_id)]
    record_event(actor, action, brownout, changes=changes, publishes=publishes)


def predicted_failures(version: Version, starts_at: datetime, ends_at: datetime, now: datetime) -> dict[str, int]:
    """By application, the calls answered in the same hours of the last week that is over, exempt ones left out. Two
    queries."""
    first, last = same_hours_before(starts_at, ends_at, now)
    calls = calls_by_application(version.public_id, first, last, outcome="answered")
    exempt = Extension.objects.filter(version=version, is_exempt=True).values_list("application__public_id", flat=True)
    return {name: number for name, number in calls.items() if name not in set(exempt)}


def same_hours_before(starts_at: datetime, ends_at: datetime, now: datetime) -> tuple[datetime, datetime]:
    """As many whole weeks before as it takes to lie behind."""
    weeks = max(-((now - ends_at) // WEEK), 1)
    return starts_at - weeks * WEEK, ends_at - weeks * WEEK
