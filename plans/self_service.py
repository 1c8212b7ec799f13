"""What developers may do with plans by themselves."""

from django.core.exceptions import ValidationError

from accounts.models import Application
from audit.actors import Actor
from audit.writing import write
from catalog.models import Api, State
from plans.models import Plan, Subscription
from plans.writes import subscribe


@write
def choose_plan(application: Application, plan: Plan, api: Api, *, actor: Actor) -> Subscription:
    """Put an application on a public plan that covers the API. Raises ValidationError.

    A suspension is the staff's, so changing plan does not lift it.
    """
    check_choice(plan, api)
    held = Subscription.objects.select_for_update().filter(application=application, api=api).first()
    if held is not None and held.status == "suspended":
        raise ValidationError("This subscription is suspended. Ask the API's team before you change its plan.")
    return subscribe(application, plan, api, actor=actor)


def check_choice(plan: Plan, api: Api) -> None:
    """Raises ValidationError for a plan that is not offered for the API."""
    if not plan.is_public or not plan.versions.filter(api=api).exclude(state=State.DRAFT).exists():
        raise ValidationError(f"{plan} is not offered for {api}.")
