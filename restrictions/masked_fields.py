"""Which masks of a restriction would change an answer: those on documented fields of which the plan shows more."""

from collections.abc import Collection, Sequence

from catalog.fields import Field, fields_of
from catalog.models import Operation, Version
from contract.masking.rules import MaskRule
from plans.models import Mask
from plans.records import mask_rule
from plans.visibility import selects, severity_of, strictest_on

Pair = tuple[str, str]
"""Public ids of a plan and an operation."""


def changed_pairs(rules: Sequence[MaskRule], pairs: Collection[Pair]) -> set[Pair]:
    """The pairs whose callers would see less than their plan shows them. Three queries, whatever the number.

    What an undocumented path answers is not known, so any rule may hit it; so with an operation without fields.
    """
    operations = _operations({operation for _, operation in pairs})
    masks = _masks_by_plan({plan for plan, _ in pairs})
    return {
        (plan, operation)
        for plan, operation in pairs
        if operation not in operations or _sees_less(rules, masks.get(plan, []), operations[operation])
    }


def _operations(public_ids: Collection[str]) -> dict[str, Operation]:
    """With their versions' documents, which are large: one for each version."""
    rows = Operation.objects.filter(public_id__in=public_ids)
    if len(public_ids) == 1:
        return {one.public_id: one for one in rows.select_related("version")}
    found = list(rows)
    versions = Version.objects.defer(None).in_bulk({one.version_id for one in found})
    for one in found:
        one.version = versions[one.version_id]
    return {one.public_id: one for one in found}


def _masks_by_plan(public_ids: Collection[str]) -> dict[str, list[Mask]]:
    found: dict[str, list[Mask]] = {}
    for mask in Mask.objects.filter(plan__public_id__in=public_ids).select_related("plan"):
        found.setdefault(mask.plan.public_id, []).append(mask)
    return found


def _sees_less(rules: Sequence[MaskRule], masks: list[Mask], operation: Operation) -> bool:
    fields = fields_of(operation)
    held = [mask_rule(mask) for mask in masks if selects(mask, operation)]
    return not fields or any(_is_less(field, rules, held) for field in fields)


def _is_less(field: Field, rules: Sequence[MaskRule], held: Sequence[MaskRule]) -> bool:
    """Of several rules on a field the strictest acts, so another one counts only where it is stricter."""
    wanted, kept = strictest_on(field, rules), strictest_on(field, held)
    return wanted is not None and (kept is None or severity_of(wanted) < severity_of(kept))
