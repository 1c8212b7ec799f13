"""`/admin/plans/…`: the plans, what each covers, its limits and its masks."""

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from plans.models import Plan
from plans.records import mask_rule
from plans.words import limit_words, price_words, treatment_words
from plans.writes import set_limits, set_plan
from portal.staff.conditions import on_plan
from portal.staff.consoles import console, may
from portal.staff.form_page import Trail, form_page
from portal.staff.listing import page_of
from portal.staff.plan_forms import LimitForm, LimitRows, NewPlanForm, PlanForm
from portal.staff.saving import actor_of, done, saved, saved_rows
from restrictions.models import Restriction


def trail_of_plans() -> Trail:
    return [(reverse("staff:plans"), "Plans")]


def trail_of_plan(plan: Plan) -> Trail:
    return [*trail_of_plans(), (reverse("staff:plan", args=[plan.public_id]), plan.name)]


@console(Plan, "view")
def plans(request: HttpRequest) -> HttpResponse:
    """All plans in the order of comparison."""
    counted = Plan.objects.annotate(
        mask_count=Count("masks", distinct=True),
        subscriber_count=Count("subscriptions", filter=Q(subscriptions__status="active"), distinct=True),
    )
    page = page_of(counted.prefetch_related("limits"), request)
    context = {
        "title": "Plans",
        "rows": [(plan, price_words(plan), [limit_words(limit) for limit in plan.limits.all()]) for plan in page.rows],
        "page": page,
        "may_add": may(request.user, "add", Plan),
    }
    return render(request, "staff/plans.html", context)


@console(Plan, "view")
def plan(request: HttpRequest, public_id: str) -> HttpResponse:
    """One plan: what it covers, its limits, its masks."""
    active = Count("subscriptions", filter=Q(subscriptions__status="active"))
    found = get_object_or_404(Plan.objects.annotate(subscriber_count=active), public_id=public_id)
    masks = found.masks.select_related("api", "version__api", "operation__version__api")
    context = {
        "title": found.name,
        "trail": trail_of_plans(),
        "plan": found,
        "price": price_words(found),
        "versions": found.versions.select_related("api"),
        "limits": [(limit, limit_words(limit)) for limit in found.limits.all()],
        "masks": [(mask, treatment_words(mask_rule(mask))) for mask in masks],
        "acceptances": found.acceptances.filter(digest=found.terms_digest).count(),
        "conditions": on_plan(request, found),
        "may_restrict": may(request.user, "add", Restriction),
        "subscribers": found.subscriber_count,
        "may_change": may(request.user, "change", Plan),
    }
    return render(request, "staff/plan.html", context)


@console(Plan, "add")
def plan_new(request: HttpRequest) -> HttpResponse:
    """Add a plan."""
    form = NewPlanForm(request.POST or None)
    if form.is_valid():
        values = form.values()
        slug = values.pop("slug")
        if saved(form, lambda: set_plan(slug, actor=actor_of(request), **values)):
            made = Plan.objects.get(slug=slug)
            text = f"{made} is added. Give it limits and masks next."
            return done(request, text, reverse("staff:plan", args=[made.public_id]))
    return form_page(request, form, title="Add a plan", submit="Add the plan", trail=trail_of_plans())


@console(Plan, "change")
def plan_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Change what a plan is and covers."""
    found = get_object_or_404(Plan, public_id=public_id)
    form = PlanForm(request.POST or None, instance=Plan.objects.get(pk=found.pk))
    if form.is_valid() and saved(form, lambda: set_plan(found.slug, actor=actor_of(request), **form.values())):
        return done(request, "Saved.", reverse("staff:plan", args=[public_id]))
    return form_page(request, form, title=f"Change {found}", submit="Save", trail=trail_of_plan(found))


@console(Plan, "change")
def plan_limits(request: HttpRequest, public_id: str) -> HttpResponse:
    """Replace a plan's limits, all rows at once."""
    found = get_object_or_404(Plan, public_id=public_id)
    initial = list(found.limits.values(*LimitForm.Meta.fields))
    rows = LimitRows(request.POST or None, initial=initial)
    if rows.is_valid() and saved_rows(rows, lambda: set_limits(found, rows.values(), actor=actor_of(request))):
        return done(request, "The limits are saved.", reverse("staff:plan", args=[public_id]))
    context = {
        "title": "Limits",
        "trail": trail_of_plan(found),
        "plan": found,
        "rows": rows,
        "has_errors": rows.is_bound and not rows.is_valid(),
    }
    return render(request, "staff/plan_limits.html", context, status=422 if context["has_errors"] else 200)
