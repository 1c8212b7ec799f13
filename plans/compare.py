"""Plans side by side."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Prefetch, prefetch_related_objects

from catalog.models import Version
from plans.models import Limit, Mask, Plan


class PlanColumn(NamedTuple):
    """A plan with all that it is compared by."""

    plan: Plan
    limits: list[Limit]
    scopes: frozenset[str]
    versions: list[Version]
    masks: list[Mask]


class Comparison(NamedTuple):
    """Columns in the plans' order, and the rows: every scope and version that some plan has, every path it masks."""

    columns: list[PlanColumn]
    scopes: list[str]
    versions: list[Version]
    masked_paths: list[str]


def compare(plans: Iterable[Plan]) -> Comparison:
    """Three queries, however many plans."""
    columns = _columns(list(plans))
    versions = {version.pk: version for column in columns for version in column.versions}
    return Comparison(
        columns=columns,
        scopes=sorted({scope for column in columns for scope in column.scopes}),
        versions=sorted(versions.values(), key=lambda version: (version.api.title, version.name)),
        masked_paths=list(dict.fromkeys(mask.path for column in columns for mask in column.masks)),
    )


def _columns(plans: list[Plan]) -> list[PlanColumn]:
    versions = Prefetch("versions", Version.objects.select_related("api"))
    masks = Prefetch("masks", Mask.objects.select_related("api", "version", "operation").defer("version__document"))
    prefetch_related_objects(plans, "limits", versions, masks)
    return [
        PlanColumn(
            plan, list(plan.limits.all()), frozenset(plan.scopes), list(plan.versions.all()), list(plan.masks.all())
        )
        for plan in sorted(plans, key=lambda plan: (plan.position, plan.pk))
    ]
