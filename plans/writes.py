"""The writes on plans, limits, masks and subscriptions."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from accounts.models import Application
from audit.actors import Actor
from audit.writing import Conflict, changed_fields, record_event, write
from catalog.models import Api, Version
from plans.checks import MOST_LIMITS, MOST_MASKS, check_limit, check_mask
from plans.mask_parameters import checked_parameters
from plans.models import Limit, Mask, Plan, Subscription
from plans.terms import name_terms, plain_terms, standing

MOST_CENTS = 99_999_999


@write
def set_plan(slug: str, *, actor: Actor, versions: Iterable[Version] | None = None, **values: Any) -> Plan:
    """Make a plan or change its fields and the versions it covers. Raises ValidationError."""
    found = Plan.objects.select_for_update().filter(slug=slug).first()
    plan = found or Plan(slug=slug)
    if "terms" in values:
        values["terms"] = plain_terms(values["terms"])
    changes = changed_fields(plan, values)
    if "terms" in changes:
        name_terms(plan)
    check_scopes(plan.scopes)
    check_price(plan)
    if plan.is_default:
        changes |= _take_default_from_others(plan)
    plan.full_clean()
    plan.save()
    if versions is not None:
        changes |= _set_versions(plan, list(versions))
    record_event(
        actor, "plan.changed" if found else "plan.created", plan, changes=changes, publishes=[("plan", plan.public_id)]
    )
    return plan


def _take_default_from_others(plan: Plan) -> dict[str, Any]:
    others = Plan.objects.filter(is_default=True).exclude(slug=plan.slug)
    before = [str(other) for other in others]
    others.update(is_default=False)
    return {"given at sign-up": [before[0], str(plan)]} if before else {}


def _set_versions(plan: Plan, versions: list[Version]) -> dict[str, Any]:
    before = sorted(str(version) for version in plan.versions.all())
    plan.versions.set(versions)
    after = sorted(str(version) for version in versions)
    return {} if before == after else {"versions": [before, after]}


def check_scopes(scopes: Any) -> None:
    """Raises ValidationError unless it is a list of scope names (RFC 6749, section 3.3)."""
    if not isinstance(scopes, list) or not all(isinstance(scope, str) and _is_scope(scope) for scope in scopes):
        raise ValidationError({"scopes": "Scopes are a list of names such as patients:read."})


def check_price(plan: Plan) -> None:
    """Raises ValidationError unless it is an amount that invoices can hold, in a currency by its ISO 4217 code."""
    if type(plan.price_cents) is not int or not 0 <= plan.price_cents <= MOST_CENTS:
        raise ValidationError({"price_cents": f"The price is a whole number of cents from 0 to {MOST_CENTS}."})
    if not (
        len(plan.currency) == 3 and plan.currency.isascii() and plan.currency.isalpha() and plan.currency.isupper()
    ):
        raise ValidationError({"currency": "The currency is a code of three letters such as EUR."})


def _is_scope(scope: str) -> bool:
    return 0 < len(scope) <= 120 and all(0x21 <= ord(char) <= 0x7E and char not in '"\\' for char in scope)


@write
def set_limits(plan: Plan, limits: list[dict[str, Any]], *, actor: Actor) -> None:
    """Replace a plan's limits. Raises ValidationError; then nothing has changed."""
    if len(limits) > MOST_LIMITS:
        raise ValidationError(f"A plan has at most {MOST_LIMITS} limits.")
    check_names(limits)
    _lock(plan)
    before = [_limit_text(limit) for limit in plan.limits.all()]
    plan.limits.all().delete()
    for values in limits:
        check_limit(values)
        limit = Limit(plan=plan, **values)
        limit.full_clean()
        limit.save()
    after = [_limit_text(limit) for limit in plan.limits.all()]
    _record_plan(plan, "plan.limits_set", {"limits": [before, after]}, actor)


def check_names(limits: list[dict[str, Any]]) -> None:
    """Raises ValidationError where two limits would share a name, and so a counter."""
    names = [limit.get("name") for limit in limits]
    for name in names:
        if names.count(name) > 1:
            raise ValidationError(f"Two limits are named {name!r}; a limit's name is its counter's.")


def _lock(plan: Plan) -> None:
    """Writers of one plan queue here, so that two replacements never mix."""
    Plan.objects.select_for_update().get(pk=plan.pk)


def _record_plan(plan: Plan, action: str, changes: dict[str, Any], actor: Actor) -> None:
    record_event(actor, action, plan, changes=changes, publishes=[("plan", plan.public_id)])


def _limit_text(limit: Limit) -> str:
    per = limit.window or f"{limit.period_seconds} s"
    return f"{limit.name}: {limit.kind} {limit.amount} per {per}, burst {limit.burst}"


@write
def set_masks(plan: Plan, masks: list[dict[str, Any]], *, actor: Actor) -> None:
    """Replace a plan's masks. Raises ValidationError; then nothing has changed."""
    if len(masks) > MOST_MASKS:
        raise ValidationError(f"A plan has at most {MOST_MASKS} masks.")
    _lock(plan)
    before = [_mask_text(mask) for mask in plan.masks.all()]
    plan.masks.all().delete()
    for values in masks:
        _save_mask(Mask(plan=plan, **values))
    after = [_mask_text(mask) for mask in plan.masks.all()]
    _record_plan(plan, "plan.masks_set", {"masks": [before, after]}, actor)


def _save_mask(mask: Mask) -> None:
    check_mask(mask.path, mask.action, mask.keep, mask.precision, mask.is_required)
    if mask.operation:
        mask.version = mask.operation.version
    if mask.version:
        mask.api = mask.version.api
    mask.parameters = checked_parameters(mask)
    mask.full_clean()
    mask.save()


def _mask_text(mask: Mask) -> str:
    where = mask.operation or mask.version or mask.api or "everywhere"
    without = f" without {', '.join(mask.parameters)}" if mask.parameters else ""
    return f"{mask.action} {mask.path} on {where}{without}"


@write
def add_mask(plan: Plan, *, actor: Actor, **values: Any) -> Mask:
    """Add one mask to a plan. Raises ValidationError."""
    _lock(plan)
    if plan.masks.count() >= MOST_MASKS:
        raise ValidationError(f"A plan has at most {MOST_MASKS} masks.")
    mask = Mask(plan=plan, **values)
    _save_mask(mask)
    _record_plan(plan, "plan.mask_added", {"mask": [None, _mask_text(mask)]}, actor)
    return mask


@write
def change_mask(mask: Mask, *, actor: Actor, **values: Any) -> Mask:
    """Change one mask. Raises ValidationError, Conflict where it was removed meanwhile."""
    _lock(mask.plan)
    mask = _present(mask)
    before = _mask_text(mask)
    changed_fields(mask, values)
    _save_mask(mask)
    _record_plan(mask.plan, "plan.mask_changed", {"mask": [before, _mask_text(mask)]}, actor)
    return mask


def _present(mask: Mask) -> Mask:
    """As it stands now that we hold the plan's lock: saving an older copy would undo what came between."""
    found = Mask.objects.select_related("plan", "api", "version__api", "operation").filter(pk=mask.pk).first()
    if found is None:
        raise Conflict("Somebody removed this mask in the meantime.")
    return found


@write
def remove_mask(mask: Mask, *, actor: Actor) -> None:
    """Take one mask away: the plan sees the field again. Raises Conflict where somebody else has done it."""
    _lock(mask.plan)
    mask = _present(mask)
    text = _mask_text(mask)
    mask.delete()
    _record_plan(mask.plan, "plan.mask_removed", {"mask": [text, None]}, actor)


@write
def subscribe(application: Application, plan: Plan, api: Api, *, actor: Actor) -> Subscription:
    """Put an application on a plan for one API; the row and its counters stay when the plan changes.

    Raises ValidationError where the plan covers nothing of the API, or the application was removed.
    """
    check_subscription(application, plan, api)
    found = Subscription.objects.select_for_update().filter(application=application, api=api).first()
    subscription = found or Subscription(application=application, api=api)
    before = str(found.plan) if found else None
    subscription.plan, subscription.status = plan, "active"
    subscription.save()
    changes = {"plan": [before, str(plan)]} | standing(application.organisation, plan)
    _record_subscription(subscription, "subscription.set", changes, actor)
    return subscription


def check_subscription(application: Application, plan: Plan, api: Api) -> None:
    """Raises ValidationError."""
    if application.status != "active":
        raise ValidationError(f"The application {application} was removed.")
    if not plan.versions.filter(api=api).exists():
        raise ValidationError({"plan": f"The plan {plan} covers no version of {api}."})


@write
def set_subscription_status(subscription: Subscription, status: str, *, actor: Actor, reason: str = "") -> None:
    """Suspend a subscription, end it, or let it go on. Raises ValidationError for another status."""
    if status not in dict(Subscription._meta.get_field("status").flatchoices):
        raise ValidationError({"status": f"{status!r} is no status of a subscription."})
    before = Subscription.objects.select_for_update().get(pk=subscription.pk).status
    Subscription.objects.filter(pk=subscription.pk).update(status=status)
    subscription.status = status
    _record_subscription(subscription, f"subscription.{status}", {"status": [before, status]}, actor, reason)


@write
def change_subscription(subscription: Subscription, *, actor: Actor, plan: Plan, status: str, reason: str = "") -> None:
    """Another plan, another status, or both at once. Raises ValidationError; then nothing has changed."""
    if plan != subscription.plan:
        subscribe(subscription.application, plan, subscription.api, actor=actor)
    set_subscription_status(subscription, status, actor=actor, reason=reason)


def _record_subscription(
    subscription: Subscription, action: str, changes: dict[str, Any], actor: Actor, reason: str = ""
) -> None:
    record_event(
        actor,
        action,
        subscription,
        organisation=subscription.application.organisation.public_id,
        changes=changes,
        reason=reason,
        publishes=[("subscription", subscription.record_id)],
    )
