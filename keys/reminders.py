"""Reminders that a key expires: 14 and 3 days before, and when it has; each once."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from audit.actors import SYSTEM
from audit.writing import Conflict, write
from keys.events import record_act
from keys.expiry import REMINDER_DAYS, due_reminder
from keys.models import Credential, Status
from keys.telling import remind_of_expiry

BATCH_KEYS = 200
#: A worker that was away for longer tells nobody of what they have long noticed.
TELLS_FOR = timedelta(days=7)


def send_reminders() -> int:
    """Post what is due, a batch at most; returns how many keys' owners were told."""
    now = timezone.now()
    return sum(_remind(pk, now) for pk in list(_due(now).values_list("pk", flat=True)[:BATCH_KEYS]))


def _due(now: datetime) -> QuerySet[Credential]:
    """Keys that can still be used, of which a later reminder than the last one is due."""
    near = Q()
    for days in REMINDER_DAYS:
        untold = Q(reminded_days=None) | Q(reminded_days__gt=days)
        near |= untold & Q(expires_at__lte=now + timedelta(days=days))
    active = Credential.objects.filter(
        near, status=Status.ACTIVE, application__status="active", expires_at__gt=now - TELLS_FOR
    )
    return active.order_by("expires_at")


def _remind(pk: int, now: datetime) -> bool:
    key = Credential.objects.select_related("application__organisation").get(pk=pk)
    days = due_reminder(key.expires_at, now)
    if days is None:
        return False
    try:
        _tell(key, days)
    except Conflict:
        return False
    return True


@write
def _tell(key: Credential, days: int) -> None:
    """Marked and posted in one transaction. Raises Conflict where another worker tells, or the expiry has changed."""
    untold = Q(reminded_days=None) | Q(reminded_days__gt=days)
    if not Credential.objects.filter(untold, pk=key.pk, expires_at=key.expires_at).update(reminded_days=days):
        raise Conflict
    remind_of_expiry(key, days)
    record_act(key, "reminded", {"days": [None, days]}, SYSTEM)
