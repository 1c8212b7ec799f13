"""The fields of a version that some plan masks, by subject, with what each plan gets of them."""

from collections.abc import Sequence
from typing import NamedTuple

from catalog.fields import fields_of
from catalog.models import Operation
from contract.masking.actions import make_action
from contract.masking.rules import MaskRule
from plans.models import Plan
from plans.visibility import Sight


class MaskedField(NamedTuple):
    """A field by its path within what it belongs to, and for each plan the rule that masks it or None."""

    path: str
    rules: tuple[MaskRule | None, ...]


class Subject(NamedTuple):
    """The fields of one tag that differ or are masked, and how many others every plan shows."""

    name: str
    masked: list[MaskedField]
    others: int


def subjects_of(operations: Sequence[Operation], plans: Sequence[Plan]) -> list[Subject]:
    """By tag. A field that stands in several operations counts once, as the most restrictive rule has it."""
    found: dict[str, dict[str, list[MaskRule | None]]] = {}
    for operation in operations:
        sights = [Sight.of(plan, operation) for plan in plans]
        rows = found.setdefault(operation.tag or "Answers", {})
        for field in fields_of(operation):
            seen = rows.setdefault(own_path(field.path), [None] * len(plans))
            seen[:] = [stricter(old, sight.masked_on(field)) for old, sight in zip(seen, sights, strict=True)]
    return [_subject(name, rows) for name, rows in found.items()]


def _subject(name: str, rows: dict[str, list[MaskRule | None]]) -> Subject:
    masked = [MaskedField(path, tuple(rules)) for path, rules in rows.items() if any(rules)]
    return Subject(name, masked, len(rows) - len(masked))


def own_path(path: str) -> str:
    """The path within a row of a list: `data[].address.street` and `address.street` are one field."""
    return path.rpartition("[].")[2]


def stricter(one: MaskRule | None, other: MaskRule | None) -> MaskRule | None:
    """The more restrictive of two rules; None masks nothing."""
    rules = [rule for rule in (one, other) if rule is not None]
    return min(rules, key=lambda rule: make_action(rule, b"", "").severity, default=None)
