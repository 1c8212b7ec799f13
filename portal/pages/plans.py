"""`/plans/`: what each plan gives, side by side, and changing an application's plan.

Until the portal bills, a price is only shown: any Owner or Developer may change between public plans.
"""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MANAGE_KEYS, NotVisible, access_application, applications_of
from accounts.models import Application, Membership, User
from catalog.life import best_version
from catalog.models import Api, Operation, Version
from plans.access import Reader, catalogue_open_to, plans_open_to
from plans.compare import Comparison, compare
from plans.models import Plan, Subscription
from plans.self_service import choose_plan
from plans.terms import saying_whether_accepted
from portal.pages.forms.plans import ChoosePlanForm
from portal.pages.person import actor_of, person
from portal.pages.redirects import see_other
from portal.reference.plan_fields import Subject, subjects_of
from portal.reference.plan_table import change_between, groups_of, prices
from portal.reference.reading import own_subscriptions

MOST_COMPARED = 100
"""Operations whose fields are compared."""


class Choice(NamedTuple):
    """Which API is compared, for which of the reader's applications, and the plan that it is on."""

    api: Api
    application: Application | None
    subscription: Subscription | None

    @property
    def plan(self) -> Plan | None:
        """The plan in force."""
        return self.subscription.plan if self.subscription and self.subscription.status == "active" else None


@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """`?api=` chooses the API, `?app=` the application."""
    return _page(request, request.GET.get("api", ""), request.GET.get("app", ""))


def _page(
    request: HttpRequest, api: str, application: str, *, form: ChoosePlanForm | None = None, status: int = 200
) -> HttpResponse:
    catalogue = catalogue_open_to(request.user)
    if not catalogue:
        return render(request, "plans/none.html", {"nav": "plans"})
    chosen_api = next((row for row in catalogue if row.slug == api), None)
    if chosen_api is None and api:
        raise NotVisible(api)
    choice, applications = _choose(request.user, chosen_api or next(iter(catalogue)), application)
    context = {
        **_comparison(request.user, choice, catalogue[choice.api]),
        "apis": list(catalogue),
        "applications": applications,
        "choice": choice,
        "may_change": _may_change(request.user, choice.application),
        "form": form,
        "nav": "plans",
    }
    if choice.application:
        context["organisation"] = choice.application.organisation
    return render(request, "plans/compare.html", context, status=status)


def _choose(reader: Reader, api: Api, wanted: str) -> tuple[Choice, list[Application]]:
    """The application asked for, else the oldest. Raises NotVisible for one that is not the reader's."""
    if not isinstance(reader, User):
        return Choice(api, None, None), []
    applications = list(applications_of(reader))
    subscriptions = {row.application_id: row for row in own_subscriptions(reader, api)}
    found = next((row for row in applications if row.public_id == wanted), None)
    if wanted and found is None:
        raise NotVisible(wanted)
    subscribed = next((row for row in applications if row.pk in subscriptions), None)
    chosen = found or subscribed or (applications[0] if applications else None)
    return Choice(api, chosen, subscriptions.get(chosen.pk) if chosen else None), applications


def _comparison(reader: Reader, choice: Choice, versions: list[Version]) -> dict[str, Any]:
    covering = plans_open_to(reader).filter(versions__in=versions).distinct()
    organisation = choice.application.organisation if choice.application else None
    comparison = compare(saying_whether_accepted(covering, organisation))
    version = best_version(versions)
    subjects = _subjects(version, comparison) if version else []
    return {
        "columns": _columns(choice.plan, comparison, subjects),
        "groups": groups_of(comparison, versions, subjects),
        "version": version,
        "is_priced": any(column.plan.price_cents for column in comparison.columns),
    }


def _subjects(version: Version, comparison: Comparison) -> list[Subject]:
    operations = list(Operation.objects.filter(version=version)[:MOST_COMPARED])
    for operation in operations:
        operation.version = version
    return subjects_of(operations, [column.plan for column in comparison.columns])


def _columns(own: Plan | None, comparison: Comparison, subjects: list[Subject]) -> list[dict[str, Any]]:
    held = next((index for index, column in enumerate(comparison.columns) if column.plan == own), None)
    return [
        {
            "plan": column.plan,
            "price": price,
            "is_own": index == held,
            "is_next": index == (0 if held is None else held + 1),
            "change": change_between(held, index, comparison, subjects) if held not in (None, index) else None,
        }
        for index, (column, price) in enumerate(zip(comparison.columns, prices(comparison), strict=True))
    ]


def _may_change(reader: Reader, application: Application | None) -> bool:
    if application is None or not isinstance(reader, User):
        return False
    held = Membership.objects.filter(user=reader, organisation=application.organisation_id, role__in=MANAGE_KEYS)
    return held.exists()


@login_required
@require_POST
def change_plan(request: HttpRequest, application: str) -> HttpResponse:
    """Put the application on another public plan: in force at the gateways within a second."""
    found = access_application(request.user, application, MANAGE_KEYS)  # type: ignore[arg-type]
    form = ChoosePlanForm(request.POST)
    if form.is_valid():
        try:
            _change(request, found, form.cleaned_data)
            query = urlencode({"api": form.cleaned_data["api"].slug, "app": application})
            return see_other(f"{reverse('plans')}?{query}")
        except ValidationError as error:
            form.add_error(None, error)
    return _page(request, "", application, form=form, status=422)


def _change(request: HttpRequest, application: Application, chosen: dict[str, Any]) -> None:
    plan, api, accepted = chosen["plan"], chosen["api"], chosen["accepted"]
    choose_plan(application, plan, api, actor=actor_of(request), user=person(request), accepted=accepted)
    messages.success(request, f"{application} is on {plan} for {api}, in force within a second.")
