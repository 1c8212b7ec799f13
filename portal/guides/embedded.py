"""Operations within a guide, as the reader's plan gets them; what a reader may not know of is absent."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from accounts.access import applications_of
from accounts.models import User
from catalog.models import Operation, State, Version
from contract.settings import settings
from plans.access import Reader, plans_open_to, versions_open_to
from plans.models import Plan, Subscription
from portal.reference.field_rows import masked_names
from portal.reference.first_call import call_to
from portal.reference.samples import Sample, samples_of


class Embedded(NamedTuple):
    """`plan` is the one as whose subscriber it is shown; no samples where the operation answers no more."""

    operation: Operation
    plan: Plan
    is_own: bool
    masked: list[str]
    samples: list[Sample]

    @property
    def version(self) -> Version:
        """With its document and its API."""
        return self.operation.version

    @property
    def full_path(self) -> str:
        """As the gateway knows it."""
        return f"/{self.version.api.slug}/{self.version.name}{self.operation.path}"


def embedded_for(reader: Reader, public_ids: Collection[str]) -> dict[str, Embedded]:
    """By public id, those that some plan open to the reader has. Six queries at most, none without ids."""
    operations = _operations(reader, public_ids) if public_ids else []
    if not operations:
        return {}
    plans = list(plans_open_to(reader).prefetch_related("masks", "versions"))
    own = _own_plans(reader, {row.version.api_id for row in operations})
    shown = ((row, _having(row, plans), own.get(row.version.api_id)) for row in operations)
    return {row.public_id: _embedded(row, having, mine) for row, having, mine in shown if having}


def _operations(reader: Reader, public_ids: Collection[str]) -> list[Operation]:
    """Those of one version share it, with its document."""
    open_ones = versions_open_to(reader).order_by()
    rows = list(Operation.objects.filter(public_id__in=public_ids, version__in=open_ones))
    wanted = Version.objects.filter(pk__in={row.version_id for row in rows})
    versions = {version.pk: version for version in wanted.defer(None).select_related("api")} if rows else {}
    for row in rows:
        row.version = versions[row.version_id]
    return rows


def _having(operation: Operation, plans: Iterable[Plan]) -> list[Plan]:
    """The plans that cover it, its scope included."""
    covering = (plan for plan in plans if operation.version in plan.versions.all())
    return [plan for plan in covering if not operation.scope or operation.scope in plan.scopes]


def _own_plans(reader: Reader, apis: Collection[int]) -> dict[int, Plan]:
    """By API, the plan of the reader's oldest application there."""
    if not isinstance(reader, User):
        return {}
    rows = Subscription.objects.filter(application__in=applications_of(reader).order_by(), api__in=apis)
    rows = rows.filter(status="active").select_related("plan").order_by("-application_id")
    return {row.api_id: row.plan for row in rows}


def _embedded(operation: Operation, having: list[Plan], own: Plan | None) -> Embedded:
    plan = next((plan for plan in having if plan == own), None) or next(
        (plan for plan in having if plan.is_default), having[0]
    )
    is_served = operation.version.standing != State.RETIRED
    samples = samples_of(call_to(operation, settings().gateway_base)) if is_served else []
    return Embedded(operation, plan, plan == own, masked_names(operation, plan), samples)
