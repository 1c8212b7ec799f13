"""Keys that staff should look at: conditions on Credential, each of which the database judges."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from analytics.models import OperationUse
from catalog.models import Operation
from keys.models import ScopeGrant, Status
from keys.narrowing import UNUSED_AFTER

#: Days without a call after which a key counts as idle.
IDLE_DAYS = 30
EXPIRING_WITHIN = timedelta(days=14)
USED = {
    "recent": f"in {IDLE_DAYS} days",
    "idle": f"not in {IDLE_DAYS} days",
    "never": "never",
    "over": "not all its scopes",
}
STATES = ("active", "expiring", "expired", "quarantined", "suspended", "revoked")


def in_state(state: str, now: datetime) -> Q:
    """The condition for a name of STATES; another name finds nothing."""
    active = Q(status=Status.ACTIVE)
    alive = active & (Q(expires_at__gt=now) | Q(expires_at=None))
    conditions = {
        "active": alive & Q(quarantined_to__isnull=True),
        "expiring": active & Q(expires_at__gt=now, expires_at__lte=now + EXPIRING_WITHIN),
        "expired": active & Q(expires_at__lte=now),
        "quarantined": alive & Q(quarantined_to__isnull=False),
    }
    return conditions.get(state, Q(status=state))


def used(how: str, now: datetime) -> Q:
    """The condition for a name of USED on keys annotated with `last_used_at`; another name asks for nothing.

    What is to be tidied away is not revoked already, and idle for 30 days is only what is as old as that.
    """
    edge = now - timedelta(days=IDLE_DAYS)
    alive = ~Q(status=Status.REVOKED)
    conditions = {
        "recent": Q(last_used_at__gte=edge),
        "idle": alive & (Q(last_used_at__lt=edge) | Q(last_used_at=None, created_at__lt=edge)),
        "never": alive & Q(last_used_at=None),
        "over": alive & Q(Exists(unused_grants(now))),
    }
    return conditions.get(how, Q())


def unused_grants(now: datetime) -> QuerySet[ScopeGrant]:
    """Of a key in the outer query: scopes held for 30 days that no call needed in 30 days."""
    edge = now - UNUSED_AFTER
    needing = Operation.objects.filter(scope=OuterRef(OuterRef("scope"))).values("public_id")
    uses = OperationUse.objects.filter(
        credential=OuterRef("credential__public_id"), operation__in=needing, last_at__gte=edge
    )
    grants = ScopeGrant.objects.filter(credential=OuterRef("pk"), granted_at__lt=edge)
    return grants.filter(~Exists(uses)).order_by()
