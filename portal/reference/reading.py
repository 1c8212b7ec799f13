"""As which plan's subscriber a page of the reference is read."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from accounts.access import applications_of
from accounts.models import Application, User
from audit.publishing import number_of
from catalog.ends import Ends, Own
from catalog.models import Api, Extension, Version
from plans.access import Reader, plans_open_to
from plans.models import Plan, Subscription


class Reading(NamedTuple):
    """`plans` cover the version and are open to the reader, in the order of comparison, with their masks.

    `plan` is the one whose view is shown; `own` the reader's plan for the API; `applications` the reader's own that
    have ever subscribed to the API, the oldest first; `ends` what they have of their own in the version.
    """

    plans: list[Plan]
    plan: Plan
    own: Plan | None
    applications: list[Application]
    ends: Ends

    @property
    def is_own(self) -> bool:
        """Whether the view is what the reader's own keys get."""
        return self.plan == self.own


def read_as(reader: Reader, version: Version, wanted: str = "") -> Reading:
    """The plan asked for by slug, else the reader's own, else the default, else the first. Three queries."""
    covering = plans_open_to(reader).filter(versions=version).annotate(published_number=number_of("plan"))
    plans = list(covering.prefetch_related("masks"))
    is_known = isinstance(reader, User)
    subscriptions = _with_own_dates(own_subscriptions(reader, version.api), version) if is_known else []
    own = next((row.plan for row in subscriptions if row.status == "active"), None)
    wishes: list[Callable[[Plan], bool]] = [
        lambda plan: plan.slug == wanted,
        lambda plan: plan == own,
        lambda plan: plan.is_default,
        lambda _: True,
    ]
    plan = next(plan for wish in wishes for plan in plans if wish(plan))
    own_dates = {(version.pk, row.application_id): Own(row.own_sunset_at, row.own_exempt) for row in subscriptions}
    return Reading(plans, plan, own, [row.application for row in subscriptions], Ends(own_dates))


def own_subscriptions(reader: Reader, api: Api) -> QuerySet[Subscription]:
    """The subscriptions of the reader's applications to an API, the oldest application's first."""
    if not isinstance(reader, User):
        return Subscription.objects.none()
    rows = Subscription.objects.filter(application__in=applications_of(reader).order_by(), api=api)
    return rows.select_related("plan", "application__organisation", "api").order_by("application_id")


def _with_own_dates(rows: QuerySet[Subscription], version: Version) -> list[Any]:
    """The subscriptions with what their applications have of their own in the version."""
    extension = Extension.objects.filter(version=version, application=OuterRef("application"))
    own = {"own_sunset_at": Subquery(extension.values("sunset_at")[:1])}
    return list(rows.annotate(**own, own_exempt=Exists(extension.filter(is_exempt=True))))
