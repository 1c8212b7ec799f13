"""`/admin/applications/<id>/`: one application with its keys and subscriptions."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from accounts.models import Application, Organisation
from analytics.calls import last_call_at
from analytics.totals import calls_by
from plans.models import Subscription
from plans.writes import subscribe
from portal.staff.consoles import console, may
from portal.staff.consumers import trail_of_organisation
from portal.staff.form_page import Trail, form_page
from portal.staff.listing import page_of
from portal.staff.saving import actor_of, done, saved
from portal.staff.subscription_forms import SubscribeForm


def trail_of_application(application: Application) -> Trail:
    to = reverse("staff:application", args=[application.public_id])
    return [*trail_of_organisation(application.organisation), (to, application.name)]


def find_application(public_id: str) -> Application:
    """Raises Http404."""
    return get_object_or_404(Application.objects.select_related("organisation"), public_id=public_id)


@console(Organisation, "view")
def application(request: HttpRequest, public_id: str) -> HttpResponse:
    """Keys, subscriptions and calls of one application."""
    found = find_application(public_id)
    day_ago = timezone.now() - timedelta(hours=24)
    keys = found.credentials.annotate(last_used_at=last_call_at()).prefetch_related("secrets")
    context = {
        "title": found.name,
        "trail": trail_of_organisation(found.organisation),
        "application": found,
        "page": page_of(keys, request),
        "subscriptions": found.subscriptions.select_related("plan", "api"),
        "calls": calls_by("application", [public_id], day_ago).get(public_id, 0),
        "may_subscribe": may(request.user, "change", Subscription),
    }
    return render(request, "staff/application.html", context)


@console(Subscription, "change")
def application_subscribe(request: HttpRequest, public_id: str) -> HttpResponse:
    """Put an application on a plan for one API."""
    found = find_application(public_id)
    form = SubscribeForm(request.POST or None)
    if form.is_valid():
        plan, api = form.cleaned_data["plan"], form.cleaned_data["api"]
        if saved(form, lambda: subscribe(found, plan, api, actor=actor_of(request))):
            return done(request, f"{found} is on {plan} for {api}.", reverse("staff:application", args=[public_id]))
    return form_page(
        request,
        form,
        title="Subscribe",
        submit="Subscribe it",
        trail=trail_of_application(found),
        lead=f"{found} has at most one subscription for each API; choosing another plan changes it.",
    )
