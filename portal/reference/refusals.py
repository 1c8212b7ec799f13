"""Query parameters that a plan refuses, because they filter or sort by what it masks, and which plan takes them."""

from collections.abc import Sequence

from catalog.models import Operation
from plans.models import Plan
from plans.visibility import refused_parameters
from portal.reference.parameters import Input
from portal.reference.reading import Reading


def refusals(operation: Operation, plan: Plan, plans: Sequence[Plan]) -> dict[str, str]:
    """For each name that `plan` refuses a sentence without its full stop. `plans` are those that may be named, in the
    order of comparison; the masks of all are best prefetched."""
    refused = refused_parameters(plan, operation)
    if not refused:
        return {}
    by_plan = [(one, refused_parameters(one, operation)) for one in plans]
    takers = {name: next((one for one, has in by_plan if name not in has), None) for name in refused}
    return {name: _words(plan, taker) for name, taker in takers.items()}


def _words(plan: Plan, taker: Plan | None) -> str:
    return f"Refused on {plan}, taken from {taker}" if taker else f"Refused on {plan}"


def with_refusals(inputs: Sequence[Input], operation: Operation, reading: Reading) -> list[Input]:
    """The parameters as the shown plan's subscribers may use them."""
    found = refusals(operation, reading.plan, reading.plans)
    return [row._replace(refused=found.get(row.name, "")) if row.place == "in the query" else row for row in inputs]
