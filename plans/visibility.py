"""What a plan shows of an operation: which fields are masked, and how. Cautious: what a rule may hit is masked."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from catalog.fields import Field, Step
from catalog.models import Operation
from contract.masking.actions import make_action
from contract.masking.paths import Segment, parse_path
from contract.masking.rules import MaskRule
from plans.models import Mask, Plan
from plans.records import mask_rule

_KEPT_PATHS = 2048


def rules_for(plan: Plan, operation: Operation) -> list[MaskRule]:
    """The rules of a plan that select an operation: those whose every named axis is its own."""
    return [mask_rule(mask) for mask in plan.masks.all() if selects(mask, operation)]


def selects(mask: Mask, operation: Operation) -> bool:
    """Whether every axis that a mask names is the operation's own."""
    version = operation.version
    return (
        mask.operation_id in (None, operation.pk)
        and mask.version_id in (None, version.pk)
        and mask.api_id in (None, version.api_id)
    )


def refused_parameters(plan: Plan, operation: Operation) -> set[str]:
    """The query parameters of an operation that a plan refuses; its masks are best prefetched."""
    return {name for mask in plan.masks.all() if selects(mask, operation) for name in mask.parameters}


class Sight(NamedTuple):
    """A plan looking at an operation: made once, asked for each field."""

    plan: Plan
    rules: list[MaskRule]

    @classmethod
    def of(cls, plan: Plan, operation: Operation) -> "Sight":
        """The plan's masks are best prefetched."""
        return cls(plan, rules_for(plan, operation))

    def masked_on(self, field: Field) -> MaskRule | None:
        """The rule that masks a field; None where the field is shown as it is."""
        return strictest_on(field, self.rules)


def strictest_on(field: Field, rules: Iterable[MaskRule]) -> MaskRule | None:
    """The rule that masks a field, the most restrictive of several; None where none does.

    A rule that hits what the field stands in takes the field away with it.
    """
    hits = [hit for rule in rules if (hit := _hit(rule, field.steps))]
    return min(hits, key=severity_of, default=None)


def severity_of(rule: MaskRule) -> tuple[int, Decimal]:
    """Orders rules, the smallest being the most restrictive."""
    return make_action(rule, b"", "").severity


def shown_from(field: Field, sights: Sequence[Sight]) -> Plan | None:
    """The first plan, in the order of comparison, that shows a field as it is."""
    return next((sight.plan for sight in sights if sight.masked_on(field) is None), None)


class Progress(NamedTuple):
    """How far rules have matched on the way down: each with the numbers of its segments that may lie behind. `hits` are
    the rules that may select the value that was reached."""

    paths: frozenset[tuple[MaskRule, int]]
    hits: frozenset[MaskRule] = frozenset()

    @classmethod
    def of(cls, rules: Iterable[MaskRule]) -> "Progress":
        """At the top of an answer."""
        return cls(frozenset((rule, 0) for rule in rules))

    @property
    def is_over(self) -> bool:
        """Whether no rule can select anything further down."""
        return not self.paths

    def after(self, step: Step) -> "Progress":
        """One step further down."""
        paths, hits = set(), set()
        for rule, depth in self.paths:
            segments = _parsed(rule.path)
            for reached in _onward(segments, depth, step):
                if reached == len(segments):
                    hits.add(rule)
                else:
                    paths.add((rule, reached))
        return Progress(frozenset(paths), frozenset(hits))


def _hit(rule: MaskRule, steps: tuple[Step, ...]) -> MaskRule | None:
    """The rule itself where it may select the field, a removal where it may select something around it."""
    progress = Progress.of([rule])
    for above, step in enumerate(steps, start=1):
        progress = progress.after(step)
        if progress.hits:
            return rule if above == len(steps) else MaskRule(rule.path, "remove")
    return None


@lru_cache(maxsize=_KEPT_PATHS)
def _parsed(path: str) -> tuple[Segment, ...]:
    return parse_path(path)


def _onward(segments: tuple[Segment, ...], depth: int, step: Step) -> Iterator[int]:
    """How many segments may lie behind after one more step, where `depth` lie behind now."""
    if _may_match(segments[depth], step):
        yield depth + 1
    if segments[depth].descendant:
        yield depth


def _may_match(segment: Segment, step: Step) -> bool:
    if step.kind == "element":
        return segment.wildcard or bool(segment.slices)
    if step.kind == "any":
        return segment.wildcard or bool(segment.names)
    return segment.wildcard or step.name in segment.names
