"""What a key could reach: the operations that an application's plans cover, and the scopes each plan has."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import F

from accounts.models import Application
from catalog.models import Operation, State
from plans.models import Plan

_SERVED = [State.LIVE, State.DEPRECATED]
_LEVELS = ("read", "write")


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
        version__state__in=_SERVED,
    )
    ordered = rows.distinct().select_related("version__api").defer("version__document")
    return list(ordered.order_by("version__api__title", "-version__name", "position", "id"))


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
