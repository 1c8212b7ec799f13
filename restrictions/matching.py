"""Which calls of the log a restriction meets, in SQL: the same as contract.restrictions.matches says of their facts.

What the log does not hold is looked up as it is today: who made a key, and which scope an operation asks for.
"""

from datetime import datetime

from django.db.models import Q

from catalog.models import Operation
from contract.records import Restriction
from contract.restrictions import ON_UNDOCUMENTED
from keys.models import Credential
from restrictions.requirement_matching import unmet, within

_COLUMNS = ("organisation", "application", "credential", "plan", "api", "version")


def condition(record: Restriction, now: datetime) -> Q:
    """The condition on the calls of the day before a moment."""
    found = Q(**{axis: value for axis in _COLUMNS if (value := getattr(record, axis))})
    if record.user:
        made = Credential.objects.filter(created_by__public_id=record.user).values("public_id")
        found &= Q(user=record.user) | Q(user="", credential__in=made)
    found &= _operations(record) & _networks(record.networks)
    return found & unmet(record.requirement, now) if record.requirement is not None else found


def _operations(record: Restriction) -> Q:
    """Undocumented paths are under the masks and requirements of every operation."""
    found = Q(operation=record.operation) if record.operation else Q()
    if record.scope:
        found &= Q(operation__in=Operation.objects.filter(scope=record.scope).values("public_id"))
    return found | Q(operation="") if found and record.how in ON_UNDOCUMENTED else found


def _networks(networks: tuple[str, ...]) -> Q:
    found = Q()
    for network in networks:
        found |= within(network)
    return found
