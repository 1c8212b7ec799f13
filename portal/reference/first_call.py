"""The call to begin with: a list that anybody with a key of the plan can read."""

from collections.abc import Collection, Iterable

from catalog.life import best_version
from catalog.models import Operation
from plans.models import Plan
from portal.reference.samples import SampleCall, sample_call


def first_operation(plan: Plan) -> Operation | None:
    """A GET without path parameters whose scope the plan has, in the newest live version that it covers."""
    version = best_version(plan.versions.exclude(state="draft").select_related("api"))
    if version is None:
        return None
    rows = Operation.objects.filter(version=version, method="GET", scope__in=["", *plan.scopes])
    return rows.exclude(path__contains="{").select_related("version__api").first()


def first_readable(operations: Iterable[Operation], scopes: Collection[str]) -> Operation | None:
    """A list that whoever has the scopes may read."""
    for operation in operations:
        is_open = not operation.scope or operation.scope in scopes
        if is_open and operation.method == "GET" and "{" not in operation.path:
            return operation
    return None


def first_call(plans: Iterable[Plan], gateway_base: str) -> SampleCall | None:
    """The first call on the default plan, else on the first plan that has one."""
    for plan in sorted(plans, key=lambda plan: not plan.is_default):
        if operation := first_operation(plan):
            return call_to(operation, gateway_base)
    return None


def call_to(operation: Operation, gateway_base: str) -> SampleCall:
    """A call to an operation, examples filled in."""
    version = operation.version
    base_url = f"{gateway_base}/{version.api.slug}/{version.name}"
    return sample_call(version.document, operation.method, operation.path, base_url)
