"""What an application's plans give it."""

from accounts.models import Application
from plans.models import Plan, Subscription
from plans.terms import saying_what_was_accepted


def active_subscriptions(application: Application) -> list[Subscription]:
    """The subscriptions in force, with plan and API, and what was accepted of the plan's terms."""
    rows = Subscription.objects.filter(application=application, status="active")
    return list(saying_what_was_accepted(rows).select_related("plan", "api", "application__organisation"))


def scopes_within_plans(application: Application) -> set[str]:
    """Every scope that some plan of the application has."""
    return {scope for subscription in active_subscriptions(application) for scope in subscription.plan.scopes}


def default_plan() -> Plan | None:
    """The plan given at sign-up."""
    return Plan.objects.filter(is_default=True).first()
