"""What a key could reach: the operations that an application's plans cover, and the scopes each plan has."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts.models import Application
from catalog.fields import fields_of
from catalog.models import Extension, Operation, State, Version
from plans.models import Plan, Subscription
from plans.visibility import Sight

_SERVED = [State.LIVE, State.DEPRECATED]
_LEVELS = ("read", "write")


class Reach(NamedTuple):
    """An operation as a key would meet it: `masked` of its fields are masked; `plan` has the scope that is missing."""

    operation: Operation
    is_open: bool
    masked: int = 0
    plan: Plan | None = None


class Resource(NamedTuple):
    """Scopes of one thing: `patients` with `patients:read` and `patients:write`. `levels` are those that a plan has."""

    name: str
    levels: tuple[str, ...]

    def scopes_at(self, level: str) -> set[str]:
        """What choosing a level grants: to write is to read as well, where the plan reads."""
        if level not in self.levels:
            return set()
        return {f"{self.name}:{one}" for one in self.levels[: self.levels.index(level) + 1]}


def operations_within_plans(application: Application) -> list[Operation]:
    """What the application's plans cover in versions that still answer, with version and API. One query."""
    rows = Operation.objects.filter(
        version__plans__subscriptions__application=application,
        version__plans__subscriptions__status="active",
        version__plans__subscriptions__api=F("version__api"),
    )
    ordered = (
        rows.filter(_answers(application, timezone.now()))
        .distinct()
        .select_related("version__api")
        .defer("version__document")
    )
    return list(ordered.order_by("version__api__title", "-version__name", "position", "id"))


def _answers(application: Application, now: datetime) -> Q:
    """Whether calls of the application to an operation are answered now, as contract.lifecycle has it: an own date
    that is to come goes before all ends."""
    own = Extension.objects.filter(version=OuterRef("version"), application=application, sunset_at__gt=now)
    ended = Q(sunset_at__lte=now) | Q(version__sunset_at__lte=now)
    return (Q(version__state__in=_SERVED) & ~ended) | (Q(Exists(own)) & ~Q(version__state=State.DRAFT))


def reach_of(
    scopes: set[str], operations: list[Operation], subscriptions: Iterable[Subscription], plans: Iterable[Plan]
) -> list[Reach]:
    """What a key with these scopes could call. The subscriptions' plans are best prefetched with their masks; `plans`
    are those that may be named for what is missing. One query, for the documents of the versions that are reached."""
    plan_by_api = {subscription.api_id: subscription.plan for subscription in subscriptions}
    held = {scope for plan in plan_by_api.values() for scope in plan.scopes}
    is_open = {one.pk: not one.scope or one.scope in scopes for one in operations}
    _share_documents([one for one in operations if is_open[one.pk]])
    missing = plans_with({one.scope for one in operations if not is_open[one.pk]}, plans)
    return [
        Reach(one, True, masked=_masked_fields(one, plan_by_api[one.version.api_id]))
        if is_open[one.pk]
        else Reach(one, False, plan=None if one.scope in held else missing.get(one.scope))
        for one in operations
    ]


def _share_documents(operations: list[Operation]) -> None:
    """Documents are large: one for a version, and none for versions of which nothing is open."""
    versions = Version.objects.defer(None).select_related("api").in_bulk({one.version_id for one in operations})
    for one in operations:
        one.version = versions[one.version_id]


def _masked_fields(operation: Operation, plan: Plan) -> int:
    sight = Sight.of(plan, operation)
    return sum(sight.masked_on(field) is not None for field in fields_of(operation)) if sight.rules else 0


def resources(scopes: Iterable[str]) -> tuple[list[Resource], list[str]]:
    """Scopes in the form `name:read` or `name:write` by name, and the others as they are."""
    levels: dict[str, set[str]] = {}
    others = []
    for scope in sorted(set(scopes)):
        name, _, level = scope.rpartition(":")
        if name and level in _LEVELS:
            levels.setdefault(name, set()).add(level)
        else:
            others.append(scope)
    found = [Resource(name, tuple(one for one in _LEVELS if one in has)) for name, has in levels.items()]
    return found, others


def plans_with(scopes: Iterable[str], plans: Iterable[Plan]) -> dict[str, Plan]:
    """For each scope the first plan, in the order of comparison, that has it; scopes that none has are missing."""
    offered = [(plan, set(plan.scopes)) for plan in plans]
    found = {scope: next((plan for plan, has in offered if scope in has), None) for scope in scopes}
    return {scope: plan for scope, plan in found.items() if plan is not None}
