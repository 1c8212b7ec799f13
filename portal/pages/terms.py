"""`/plans/<plan>/terms/`: what subscribers of a plan agree to, and accepting it for one's organisation."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MANAGE_KEYS, access_application, applications_of, organisations_of
from accounts.models import Membership, User
from plans.access import access_terms
from plans.models import Plan
from plans.terms import WaitingTerms, accept_terms, accepted_by, waiting_terms
from portal.pages.person import actor_of, person
from portal.pages.redirects import see_other


class Asked(NamedTuple):
    """An organisation of the reader's that the terms wait for, and whether the reader may accept them for it."""

    waiting: WaitingTerms
    may_accept: bool


@require_safe
def plan_terms(request: HttpRequest, plan: str) -> HttpResponse:
    """The text, and for whom of the reader's organisations it is accepted."""
    return _page(request, access_terms(request.user, plan))


def _page(request: HttpRequest, plan: Plan, *, problem: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"plan": plan, "problem": problem, "nav": "plans"}
    if isinstance(request.user, User):
        accepted = accepted_by(organisations_of(request.user).order_by())
        context["accepted"] = accepted.filter(plan=plan, digest=plan.terms_digest)
        context["asked"] = _asked(request.user, plan)
    return render(request, "plans/terms.html", context, status=status)


def _asked(user: User, plan: Plan) -> list[Asked]:
    waiting = [row for row in waiting_terms(applications_of(user)) if row.plan == plan]
    held = Membership.objects.filter(user=user, role__in=MANAGE_KEYS).values_list("organisation", flat=True)
    managed = set(held)
    return [Asked(row, row.application.organisation_id in managed) for row in waiting]


@login_required
@require_POST
def accept(request: HttpRequest, application: str, plan: str) -> HttpResponse:
    """Accept the version that the page showed, for the organisation of the application."""
    found = access_application(person(request), application, MANAGE_KEYS)
    terms, user = access_terms(request.user, plan), person(request)
    shown = request.POST.get("accepted", "")
    try:
        accept_terms(found.organisation, terms, shown, user=user, actor=actor_of(request))
    except ValidationError as error:
        return _page(request, terms, problem=" ".join(error.messages), status=422)
    messages.success(request, f"The terms of {terms} are accepted for {found.organisation}.")
    return see_other(reverse("app", args=[application]))
