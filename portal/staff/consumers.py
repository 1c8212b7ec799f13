"""`/admin/consumers/…`: organisations with their people and applications; suspending one and letting it go on."""

from datetime import timedelta

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from accounts.models import Application, Membership, Organisation
from accounts.writes import set_organisation_status
from analytics.totals import calls_by
from plans.models import Subscription
from portal.staff.consoles import console, may
from portal.staff.form_page import Trail, form_page
from portal.staff.listing import chips_of, page_of
from portal.staff.reasons import ReasonForm
from portal.staff.saving import actor_of, done, saved

FILTERS = {"q": "Name", "status": "Status"}


def trail_of_consumers() -> Trail:
    return [(reverse("staff:consumers"), "Consumers")]


def trail_of_organisation(organisation: Organisation) -> Trail:
    to = reverse("staff:organisation", args=[organisation.public_id])
    return [*trail_of_consumers(), (to, organisation.name)]


@console(Organisation, "view")
def consumers(request: HttpRequest) -> HttpResponse:
    """All organisations, by name."""
    page = page_of(_counted(_chosen(request)), request)
    day_ago = timezone.now() - timedelta(hours=24)
    calls = calls_by("organisation", [row.public_id for row in page.rows], day_ago)
    context = {
        "title": "Consumers",
        "rows": [(row, calls.get(row.public_id, 0)) for row in page.rows],
        "page": page,
        "chips": chips_of(request, FILTERS),
        "statuses": ["active", "suspended"],
    }
    return render(request, "staff/consumers.html", context)


def _chosen(request: HttpRequest) -> QuerySet[Organisation]:
    rows = Organisation.objects.all()
    if name := request.GET.get("q", "").strip():
        rows = rows.filter(name__icontains=name[:120])
    status = request.GET.get("status", "")
    return rows.filter(status=status) if status else rows


def _counted(rows: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """Counts by subquery: joins would multiply."""
    return rows.annotate(
        member_count=_count(Membership.objects.filter(organisation=OuterRef("pk")), "organisation"),
        application_count=_count(
            Application.objects.filter(organisation=OuterRef("pk"), status="active"), "organisation"
        ),
        subscription_count=_count(
            Subscription.objects.filter(application__organisation=OuterRef("pk"), status="active"),
            "application__organisation",
        ),
    )


def _count(rows: QuerySet, column: str) -> Coalesce:
    return Coalesce(Subquery(rows.order_by().values(column).annotate(count=Count("pk")).values("count")), 0)


@console(Organisation, "view")
def organisation(request: HttpRequest, public_id: str) -> HttpResponse:
    """One organisation: people, applications, their subscriptions."""
    found = get_object_or_404(Organisation, public_id=public_id)
    page = page_of(found.applications.prefetch_related("subscriptions__plan", "subscriptions__api"), request)
    day_ago = timezone.now() - timedelta(hours=24)
    calls = calls_by("application", [row.public_id for row in page.rows], day_ago)
    context = {
        "title": found.name,
        "trail": trail_of_consumers(),
        "organisation": found,
        "members": found.memberships.select_related("user").order_by("created_at")[:50],
        "rows": [(row, calls.get(row.public_id, 0)) for row in page.rows],
        "page": page,
        "may_change": may(request.user, "change", Organisation),
    }
    return render(request, "staff/organisation.html", context)


@console(Organisation, "change")
def organisation_suspend(request: HttpRequest, public_id: str) -> HttpResponse:
    """All its keys answer 401 until it may go on."""
    found = get_object_or_404(Organisation, public_id=public_id)
    lead = f"Every key of {found.name} is refused from the next call on. Nobody else is touched, and nothing is lost."
    return _set_status(request, found, "suspended", f"Suspend {found.name}", "Suspend it", lead, "is suspended.")


@console(Organisation, "change")
def organisation_resume(request: HttpRequest, public_id: str) -> HttpResponse:
    """Its keys answer again."""
    found = get_object_or_404(Organisation, public_id=public_id)
    lead = f"The keys of {found.name} are good again from the next call on; revoked ones stay revoked."
    return _set_status(request, found, "active", f"Let {found.name} go on", "Let it go on", lead, "goes on.")


def _set_status(
    request: HttpRequest, found: Organisation, status: str, title: str, submit: str, lead: str, was_done: str
) -> HttpResponse:
    form = ReasonForm(request.POST or None)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    if reason and saved(form, lambda: set_organisation_status(found, status, actor=actor_of(request), reason=reason)):
        return done(request, f"{found.name} {was_done}", reverse("staff:organisation", args=[found.public_id]))
    return form_page(request, form, title=title, submit=submit, lead=lead, trail=trail_of_organisation(found))
