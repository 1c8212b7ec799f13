"""What the reader's own applications have to do with an operation: keys and their scopes, last calls, traffic."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from accounts.models import Application
from analytics.activity import VersionTraffic, traffic_of_versions
from analytics.models import Call
from catalog.models import Operation, State, Version
from keys.models import Secret, Status

MOST_KEYS = 8
LAST_CALLS = 5
TRAFFIC_WITHIN = timedelta(days=7)


class OwnKey(NamedTuple):
    """An active key as it may be shown, and whether it may call the operation."""

    stub: str
    name: str
    application: str
    has_scope: bool


class OwnUse(NamedTuple):
    """`traffic` is that of the whole version in seven days, of each application that called it."""

    keys: list[OwnKey]
    has_more_keys: bool
    calls: list[Call]
    traffic: list[tuple[Application, VersionTraffic]]


def own_use(applications: Sequence[Application], operation: Operation) -> OwnUse | None:
    """None where nobody's applications are given. Three queries."""
    if not applications:
        return None
    names = [application.public_id for application in applications]
    keys = _own_keys(applications, operation.scope)
    calls = Call.objects.filter(application__in=names, operation=operation.public_id)
    traffic = own_traffic(applications, operation.version, timezone.now())
    return OwnUse(keys[:MOST_KEYS], len(keys) > MOST_KEYS, list(calls[:LAST_CALLS]), traffic)


def own_traffic(
    applications: Sequence[Application], version: Version, now: datetime
) -> list[tuple[Application, VersionTraffic]]:
    """Calls to a version that is on its way out, the last seven days; nothing for one that stays."""
    if version.state not in (State.DEPRECATED, State.RETIRED):
        return []
    by_id = {application.public_id: application for application in applications}
    rows = traffic_of_versions(list(by_id), [version.public_id], now - TRAFFIC_WITHIN)
    return [(by_id[row.application], row) for row in rows]


def _own_keys(applications: Sequence[Application], scope: str) -> list[OwnKey]:
    rows = Secret.objects.filter(credential__application__in=applications, credential__status=Status.ACTIVE)
    keys: dict[int, OwnKey] = {}
    for secret in rows.select_related("credential__application").order_by("-id"):
        key = secret.credential
        if not key.is_expired and key.pk not in keys:
            has_scope = not scope or scope in key.scopes
            keys[key.pk] = OwnKey(str(secret), key.name, key.application.public_id, has_scope)
    return list(keys.values())
