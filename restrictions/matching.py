"""Which calls of the log a restriction meets, in SQL: the same as contract.restrictions.matches says of their facts.

What the log does not hold is looked up as it is today: who made a key, and which scope an operation asks for.
"""

from django.db.models import Q

from analytics.addresses import network_span
from catalog.models import Operation
from contract.records import Restriction
from contract.restrictions import ON_UNDOCUMENTED
from keys.models import Credential

_COLUMNS = ("organisation", "application", "credential", "plan", "api", "version")


def condition(record: Restriction) -> Q:
    """The condition on calls, whatever their time."""
    found = Q(**{axis: value for axis in _COLUMNS if (value := getattr(record, axis))})
    if record.user:
        made = Credential.objects.filter(created_by__public_id=record.user).values("public_id")
        found &= Q(user=record.user) | Q(user="", credential__in=made)
    return found & _operations(record) & _networks(record.networks)


def _operations(record: Restriction) -> Q:
    """Undocumented paths are under the masks and requirements of every operation."""
    found = Q(operation=record.operation) if record.operation else Q()
    if record.scope:
        found &= Q(operation__in=Operation.objects.filter(scope=record.scope).values("public_id"))
    return found | Q(operation="") if found and record.how in ON_UNDOCUMENTED else found


def _networks(networks: tuple[str, ...]) -> Q:
    found = Q()
    for network in networks:
        first, last = network_span(network)
        found |= Q(address_key__gte=first, address_key__lte=last)
    return found
