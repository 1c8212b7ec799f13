"""`/admin/`: what went through in 24 hours, who answers, what was done last, and what is still to set up."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from analytics.totals import calls_by, totals_since
from audit.models import Event
from catalog.models import State, Version
from portal.staff.checklist import open_steps
from portal.staff.consoles import may
from portal.staff.gateways import gateway_names

RECENT_EVENTS = 12
MOST_VERSIONS = 50


@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """Open to all of staff; the audit events only to those who may see them."""
    events = Event.objects.prefetch_related("texts")[:RECENT_EVENTS] if may(request.user, "view", Event) else []
    since = timezone.now() - timedelta(hours=24)
    context = {
        "title": "Overview",
        "totals": totals_since(since),
        "gateways": gateway_names(),
        "steps": open_steps(request.user),
        "events": events,
        "versions": _served_versions(since),
    }
    return render(request, "staff/overview.html", context)


def _served_versions(since: datetime) -> list[tuple[Version, int]]:
    versions = Version.objects.exclude(state=State.DRAFT).select_related("api").defer("document")[:MOST_VERSIONS]
    calls = calls_by("version", [version.public_id for version in versions], since)
    return [(version, calls.get(version.public_id, 0)) for version in versions]
