"""`/admin/keys/…`: all keys, and one key. Secrets are nowhere to be seen or changed."""

from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from analytics.calls import calls_of, last_call_at
from analytics.filters import CallFilters
from keys.inventory import STATES, USED, in_state, used
from keys.models import Credential, Kind, Secret, Status
from keys.narrowing import held_scopes, undoable_narrowing
from keys.secret_states import shown_state
from portal.staff.applications import trail_of_application
from portal.staff.consoles import console, may
from portal.staff.listing import chips_of, page_of

MOST_SECRETS = 10
#: What may still call; ended ones stand on the key's own page.
_WORKING = Prefetch("secrets", Secret.objects.exclude(state="ended"))
FILTERS = {
    "q": "Search",
    "state": "State",
    "kind": "Kind",
    "environment": "Environment",
    "application": "Application",
    "used": "Used",
}


@console(Credential, "view")
def keys(request: HttpRequest) -> HttpResponse:
    """All keys, the newest first."""
    rows = _chosen(request).select_related("application__organisation").prefetch_related(_WORKING)
    context = {
        "title": "Keys",
        "page": page_of(rows, request),
        "chips": chips_of(request, FILTERS),
        "states": STATES,
        "kinds": Kind.choices,
        "environments": ("test", "live"),
        "used": USED,
    }
    return render(request, "staff/keys.html", context)


def _chosen(request: HttpRequest) -> QuerySet[Credential]:
    rows = Credential.objects.annotate(last_used_at=last_call_at())
    if text := request.GET.get("q", "").strip()[:120]:
        rows = rows.filter(_named(text))
    if kind := request.GET.get("kind", ""):
        rows = rows.filter(kind=kind)
    if environment := request.GET.get("environment", ""):
        rows = rows.filter(environment=environment)
    if application := request.GET.get("application", ""):
        rows = rows.filter(application__public_id=application)
    now = timezone.now()
    if state := request.GET.get("state", ""):
        rows = rows.filter(in_state(state, now))
    return rows.filter(used(request.GET.get("used", ""), now))


def _named(text: str) -> Q:
    """By name, id, owner, or what may be shown of the secret: `pc_test_8fK2` or its last four."""
    owner = Q(application__name__icontains=text) | Q(application__organisation__name__icontains=text)
    stub = Q(pk__in=Credential.objects.filter(Q(secrets__prefix=text[:12]) | Q(secrets__last4=text[-4:])).values("pk"))
    return Q(name__icontains=text) | Q(public_id=text) | owner | stub


def _find(public_id: str) -> Credential:
    rows = Credential.objects.select_related("application__organisation", "created_by", "client")
    return get_object_or_404(rows.annotate(last_used_at=last_call_at()), public_id=public_id)


@console(Credential, "view")
def key(request: HttpRequest, public_id: str) -> HttpResponse:
    """One key with its last calls."""
    found, now = _find(public_id), timezone.now()
    may_change = may(request.user, "change", Credential)
    context = {
        "title": found.name,
        "trail": trail_of_application(found.application),
        "key": found,
        "secrets": [(secret, shown_state(secret, now)) for secret in found.secrets.all()[:MOST_SECRETS]],
        "unused": [one.scope for one in held_scopes(found, now) if one.is_unused],
        "undoable": undoable_narrowing(found, now) if may_change else [],
        "calls": calls_of(None, CallFilters(credential=public_id), limit=10).calls,
        "may_change": may_change and found.status != Status.REVOKED,
        "may_withdraw": may_change,
        "consents": found.consents.filter(withdrawn_at=None).count() if found.kind == Kind.CLIENT else 0,
    }
    return render(request, "staff/key.html", context)
