"""As whom a person may call an API from its documentation: their applications on it, in the environment they choose."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, cast

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.access import MANAGE_KEYS, NotAllowed, NotVisible
from accounts.models import Application, Membership, User
from catalog.models import Version
from plans.models import Plan
from portal.reference.reading import own_subscriptions
from restrictions.models import Restriction

Environment = Literal["test", "live"]
MAY_TRY = MANAGE_KEYS
"""To call is to use a credential of the application."""


class Caller(NamedTuple):
    """An application, the plan it is on for the API, whether that covers the version, and whether the person's role
    lets them call with the application."""

    application: Application
    plan: Plan
    is_covered: bool
    is_allowed: bool


def callers_of(user: User, version: Version) -> list[Caller]:
    """The applications that have a plan for the API, those that the person may call with first. Three queries."""
    coverings = Plan.versions.through._default_manager.filter(plan=OuterRef("plan"), version=version)
    held = own_subscriptions(user, version.api).filter(status="active").annotate(is_covered=Exists(coverings))
    roles = dict(Membership.objects.filter(user=user).values_list("organisation_id", "role"))
    found = [
        Caller(row.application, row.plan, row.is_covered, roles.get(row.application.organisation_id) in MAY_TRY)
        for row in held.prefetch_related("plan__masks")
    ]
    return sorted(found, key=lambda caller: not caller.is_allowed)


def chosen_caller(callers: Sequence[Caller], wanted: str) -> Caller | None:
    """The application asked for by public id, else the first; None where there is none. Raises NotVisible."""
    if not wanted:
        return next(iter(callers), None)
    found = next((one for one in callers if one.application.public_id == wanted), None)
    if found is None:
        raise NotVisible(wanted)
    return found


def require_caller(caller: Caller | None) -> Caller:
    """Raises NotVisible where there is none, NotAllowed where the role is missing."""
    if caller is None:
        raise NotVisible("application")
    if not caller.is_allowed:
        raise NotAllowed(MAY_TRY, caller.application.organisation)
    return caller


def environment_of(wanted: str) -> Environment:
    """Test unless live is asked for. Raises NotVisible for another word."""
    if wanted not in ("", "test", "live"):
        raise NotVisible(wanted)
    return cast(Environment, wanted or "test")


def restricted_by(user: User) -> Restriction | None:
    """What withholds something from this very person. The client with which they would call is not theirs, so the
    gateways could not tell: nothing is called for them meanwhile."""
    return Restriction.objects.active(timezone.now()).filter(user=user.public_id).first()
