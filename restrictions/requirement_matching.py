"""Which calls of the log do not meet a requirement, in SQL: as contract.requirements.unmet says of their facts.

Roles are read as they are today. A row that was written before addresses were indexed came from no network.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db.models import F, Q

from analytics.addresses import network_span
from contract.records import Requirement
from contract.requirements import named, windows_between
from keys.models import Credential

DAY = timedelta(hours=24)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_NOBODY = Q(pk__in=[])


def unmet(requirement: Requirement, now: datetime) -> Q:
    """The condition on the calls of the day before a moment: that they lack any part."""
    conditions = {
        "networks": lambda: _any(within(network) for network in requirement.networks),
        "dpop": lambda: Q(bound=True),
        "roles": lambda: _made_by(requirement.roles),
        "windows": lambda: _any(_during(*span) for span in _spans(requirement, now)),
    }
    met = Q()
    for part in named(requirement):
        met &= conditions[part]()
    return ~met


def within(network: str) -> Q:
    """That a call came from a network. Raises ValueError for what is none."""
    first, last = network_span(network)
    return Q(address_key__gte=first, address_key__lte=last)


def _made_by(roles: Iterable[str]) -> Q:
    """That whoever made the credential has one of the roles in its organisation."""
    made = Credential.objects.filter(
        created_by__is_active=True,
        created_by__memberships__organisation=F("application__organisation"),
        created_by__memberships__role__in=roles,
    )
    return Q(credential__in=made.values("public_id"))


def _spans(requirement: Requirement, now: datetime) -> list[tuple[int, int]]:
    until_ms = (now - _EPOCH) // _MILLISECOND + 1
    return windows_between(requirement, until_ms - DAY // _MILLISECOND - 1, until_ms)


def _during(start_ms: int, end_ms: int) -> Q:
    start, end = (_EPOCH + moment * _MILLISECOND for moment in (start_ms, end_ms))
    return Q(at__gte=start, at__lt=end)


def _any(conditions: Iterable[Q]) -> Q:
    found = _NOBODY
    for condition in conditions:
        found |= condition
    return found
