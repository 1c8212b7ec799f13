"""`/admin/subscriptions/…`: who is on which plan for which API; changing the plan, suspending, ending."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from plans.models import Plan, Subscription
from plans.writes import change_subscription
from portal.staff.applications import trail_of_application
from portal.staff.consoles import console, may
from portal.staff.form_page import form_page
from portal.staff.listing import chips_of, page_of
from portal.staff.saving import actor_of, done, saved
from portal.staff.subscription_forms import SubscriptionForm

FILTERS = {"q": "Consumer", "plan": "Plan", "status": "Status"}
STATUSES = ("active", "suspended", "ended")


@console(Subscription, "view")
def subscriptions(request: HttpRequest) -> HttpResponse:
    """All subscriptions, the newest first."""
    context = {
        "title": "Subscriptions",
        "page": page_of(_chosen(request), request),
        "chips": chips_of(request, FILTERS),
        "plans": Plan.objects.all(),
        "statuses": STATUSES,
        "may_change": may(request.user, "change", Subscription),
    }
    return render(request, "staff/subscriptions.html", context)


def _chosen(request: HttpRequest) -> QuerySet[Subscription]:
    rows = Subscription.objects.select_related("application__organisation", "plan", "api").order_by("-id")
    if name := request.GET.get("q", "").strip():
        rows = rows.filter(application__organisation__name__icontains=name[:120])
    if plan := request.GET.get("plan", ""):
        rows = rows.filter(plan__public_id=plan)
    status = request.GET.get("status", "")
    return rows.filter(status=status) if status else rows


@console(Subscription, "change")
def subscription(request: HttpRequest, public_id: str) -> HttpResponse:
    """One subscription: its plan and its status."""
    rows = Subscription.objects.select_related("application__organisation", "plan", "api")
    found = get_object_or_404(rows, public_id=public_id)
    form = SubscriptionForm(request.POST or None, subscription=found)
    if form.is_valid() and saved(
        form, lambda: change_subscription(found, actor=actor_of(request), **form.cleaned_data)
    ):
        to = reverse("staff:application", args=[found.application.public_id])
        return done(request, "The subscription is changed.", to)
    return form_page(
        request,
        form,
        title=f"Subscription for {found.api}",
        submit="Save",
        trail=trail_of_application(found.application),
        lead=f"Of {found.application}. Its counters go on, whatever the plan.",
    )
