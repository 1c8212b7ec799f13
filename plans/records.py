"""What the gateways know of plans and subscriptions."""

from catalog.records import extensions_of, to_ms
from contract import records
from contract.masking.rules import MaskRule
from plans.models import Limit, Mask, Plan, Subscription


def build_plan(record_id: str) -> records.Plan | None:
    """The record of a plan by public id, with limits and masks ready to compile."""
    plan = Plan.objects.filter(public_id=record_id).first()
    if plan is None:
        return None
    masks = plan.masks.select_related("api", "version", "operation")
    return records.Plan(
        id=plan.public_id,
        name=plan.name,
        versions=tuple(plan.versions.order_by("id").values_list("public_id", flat=True)),
        scopes=tuple(plan.scopes),
        limits=tuple(published_limit(limit) for limit in plan.limits.all()),
        masks=tuple(published_mask(mask) for mask in masks),
        filters_undeclared=plan.filters_undeclared,
    )


def published_limit(limit: Limit) -> records.Limit:
    """A limit as the gateways read it."""
    return records.Limit(
        name=limit.name,
        kind=limit.kind,  # type: ignore[arg-type]
        amount=limit.amount,
        period_seconds=limit.period_seconds,
        burst=limit.burst,
        window=limit.window,  # type: ignore[arg-type]
        anchored=limit.anchored,
    )


def published_mask(mask: Mask) -> records.Mask:
    """A mask as the gateways read it."""
    return records.Mask(
        rule=mask_rule(mask),
        api=mask.api.public_id if mask.api else "",
        version=mask.version.public_id if mask.version else "",
        operation=mask.operation.public_id if mask.operation else "",
        parameters=tuple(mask.parameters),
    )


def mask_rule(mask: Mask) -> MaskRule:
    """The rule of a mask, without where it applies."""
    return MaskRule(mask.path, mask.action, mask.keep, mask.precision, mask.is_required)


def build_subscription(record_id: str) -> records.Subscription | None:
    """The record of a subscription by `<application>/<api>`."""
    application, _, api = record_id.partition("/")
    rows = Subscription.objects.select_related("plan", "application", "api")
    row = rows.filter(application__public_id=application, api__public_id=api).first()
    return row and records.Subscription(
        row.public_id,
        row.plan.public_id,
        {"active": "active", "suspended": "suspended"}.get(row.status, "revoked"),  # type: ignore[arg-type]
        to_ms(row.started_at) or 0,
        extensions_of(application, api),
    )
