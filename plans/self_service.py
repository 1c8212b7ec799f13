"""What developers may do with plans by themselves."""

from django.core.exceptions import ValidationError

from accounts.models import Application, User
from audit.actors import Actor
from audit.writing import write
from catalog.models import Api, State
from plans.models import Plan, Subscription
from plans.terms import accept_terms, has_accepted
from plans.writes import subscribe


@write
def choose_plan(
    application: Application, plan: Plan, api: Api, *, actor: Actor, user: User, accepted: str = ""
) -> Subscription:
    """Put an application on a public plan that covers the API; `accepted` is the digest of the terms that the person
    accepts, needed where the organisation has not accepted them before. Raises ValidationError.

    A suspension is the staff's, so changing plan does not lift it.
    """
    check_choice(plan, api)
    held = Subscription.objects.select_for_update().filter(application=application, api=api).first()
    if held is not None and held.status == "suspended":
        raise ValidationError("This subscription is suspended. Ask the API's team before you change its plan.")
    if not has_accepted(application.organisation, plan):
        accept_terms(application.organisation, plan, accepted, user=user, actor=actor)
    return subscribe(application, plan, api, actor=actor)


def check_choice(plan: Plan, api: Api) -> None:
    """Raises ValidationError for a plan that is not offered for the API."""
    if not plan.is_public or not plan.versions.filter(api=api).exclude(state=State.DRAFT).exists():
        raise ValidationError(f"{plan} is not offered for {api}.")
