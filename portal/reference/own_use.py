"""What the reader's own applications have to do with an operation: keys and their scopes, last calls, traffic."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Concat
from django.utils import timezone

from accounts.models import Application
from analytics.activity import VersionTraffic, traffic_of_versions
from analytics.models import Call
from catalog.models import Operation, Version
from keys.models import Credential, Kind, Secret, SecretState, Status

MOST_KEYS = 8
LAST_CALLS = 5
TRAFFIC_WITHIN = timedelta(days=7)


class OwnKey(NamedTuple):
    """An active key or OAuth client as it may be shown, and whether it may call the operation. A public client has no
    stub."""

    stub: str
    name: str
    application: str
    has_scope: bool
    public_id: str
    is_client: bool


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
    if not version.is_ageing:
        return []
    by_id = {application.public_id: application for application in applications}
    rows = traffic_of_versions(list(by_id), [version.public_id], now - TRAFFIC_WITHIN)
    return [(by_id[row.application], row) for row in rows]


def _own_keys(applications: Sequence[Application], scope: str) -> list[OwnKey]:
    current = Secret.objects.filter(credential=OuterRef("pk"), state=SecretState.CURRENT)
    stub = Concat("prefix", Value("…"), "last4", output_field=CharField())
    own = Credential.objects.filter(application__in=applications, status=Status.ACTIVE, is_documentation=False)
    keys = (
        own.select_related("application")
        .annotate(stub=Subquery(current.annotate(_stub=stub).values("_stub")[:1]))
        .order_by("-id")
    )
    return [_own_key(key, scope) for key in keys if not key.is_expired]


def _own_key(key: Any, scope: str) -> OwnKey:
    has_scope = not scope or scope in key.scopes
    return OwnKey(
        key.stub or "", key.name, key.application.public_id, has_scope, key.public_id, key.kind == Kind.CLIENT
    )
