"""Conditions that an application's calls may have to meet, and what its credentials lack of them as they stand."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from accounts.models import Application, Membership
from contract.records import Requirement
from contract.requirements import Part
from keys.models import Credential, Kind
from plans.models import Subscription
from restrictions.conditions import Condition, condition_of
from restrictions.models import Restriction

MOST_CONDITIONS = 50


def conditions_of(application: Application, now: datetime) -> list[Condition]:
    """Those that stand and may concern its calls to any API; that they have begun is not asked. One query."""
    plans = Subscription.objects.filter(application=application, status="active").order_by()
    own = Credential.objects.filter(application=application).order_by()
    concerned = (
        Q(organisation__in=["", application.organisation.public_id])
        & Q(application__in=["", application.public_id])
        & (Q(plan="") | Q(plan__in=plans.values("plan__public_id")))
        & (Q(credential="") | Q(credential__in=own.values("public_id")))
        & (Q(user="") | Q(user__in=own.values("created_by__public_id")))
    )
    rows = Restriction.objects.standing(now).filter(concerned, how="require")
    return [condition_of(row) for row in rows[:MOST_CONDITIONS]]


def roles_of_makers(application: Application) -> dict[int, str]:
    """What each member is in the application's organisation, by the person's key. One query."""
    members = Membership.objects.filter(organisation=application.organisation)
    return dict(members.values_list("user_id", "role"))


def lacking(requirement: Requirement, credential: Credential, roles: dict[int, str]) -> list[Part]:
    """What calls with a credential lack for as long as it stays as it is. Networks and hours are the call's own."""
    found: Iterable[tuple[Part, bool]] = (
        ("dpop", requirement.dpop and credential.kind == Kind.KEY),
        ("roles", bool(requirement.roles) and roles.get(credential.created_by_id or 0) not in requirement.roles),
    )
    return [part for part, lacks in found if lacks]
