"""`/admin/keys/…`: all keys, one key, revoking it. Secrets are nowhere to be seen or changed."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from analytics.calls import calls_of, last_call_at
from analytics.filters import CallFilters
from keys.debugging import set_debug
from keys.models import Credential, Status
from keys.writes import revoke_key
from portal.staff.applications import trail_of_application
from portal.staff.consoles import console, may
from portal.staff.form_page import form_page
from portal.staff.listing import chips_of, page_of
from portal.staff.reasons import ReasonForm
from portal.staff.saving import actor_of, done, saved

FILTERS = {"q": "Search", "state": "State", "environment": "Environment", "application": "Application", "used": "Used"}
STATES = ("active", "expired", "suspended", "revoked")
#: Days without a call after which a key counts as idle.
IDLE_DAYS = 30
USED = {"idle": f"not in {IDLE_DAYS} days", "recent": f"in {IDLE_DAYS} days"}


@console(Credential, "view")
def keys(request: HttpRequest) -> HttpResponse:
    """All keys, the newest first."""
    rows = _chosen(request).select_related("application__organisation").prefetch_related("secrets")
    context = {
        "title": "Keys",
        "page": page_of(rows, request),
        "chips": chips_of(request, FILTERS),
        "states": STATES,
        "environments": ("test", "live"),
        "used": USED,
    }
    return render(request, "staff/keys.html", context)


def _chosen(request: HttpRequest) -> QuerySet[Credential]:
    rows = Credential.objects.annotate(last_used_at=last_call_at())
    if text := request.GET.get("q", "").strip()[:120]:
        rows = rows.filter(_named(text))
    if environment := request.GET.get("environment", ""):
        rows = rows.filter(environment=environment)
    if application := request.GET.get("application", ""):
        rows = rows.filter(application__public_id=application)
    return _used(_in_state(rows, request.GET.get("state", "")), request.GET.get("used", ""))


def _named(text: str) -> Q:
    """By name, id, owner, or what may be shown of the secret: `pc_test_8fK2` or its last four."""
    owner = Q(application__name__icontains=text) | Q(application__organisation__name__icontains=text)
    stub = Q(pk__in=Credential.objects.filter(Q(secrets__prefix=text[:12]) | Q(secrets__last4=text[-4:])).values("pk"))
    return Q(name__icontains=text) | Q(public_id=text) | owner | stub


def _in_state(rows: QuerySet[Credential], state: str) -> QuerySet[Credential]:
    now = timezone.now()
    if state == "expired":
        return rows.filter(status=Status.ACTIVE, expires_at__lte=now)
    if state == "active":
        return rows.filter(status=Status.ACTIVE).exclude(expires_at__lte=now)
    return rows.filter(status=state) if state else rows


def _used(rows: QuerySet[Credential], used: str) -> QuerySet[Credential]:
    edge = timezone.now() - timedelta(days=IDLE_DAYS)
    if used == "recent":
        return rows.filter(last_used_at__gte=edge)
    if used == "idle":
        return rows.filter(Q(last_used_at__lt=edge) | Q(last_used_at=None))
    return rows


def _find(public_id: str) -> Credential:
    rows = Credential.objects.select_related("application__organisation", "created_by")
    return get_object_or_404(rows.annotate(last_used_at=last_call_at()), public_id=public_id)


@console(Credential, "view")
def key(request: HttpRequest, public_id: str) -> HttpResponse:
    """One key with its last calls."""
    found = _find(public_id)
    context = {
        "title": found.name,
        "trail": trail_of_application(found.application),
        "key": found,
        "secrets": found.secrets.all(),
        "calls": calls_of(None, CallFilters(credential=public_id), limit=10).calls,
        "may_revoke": may(request.user, "change", Credential) and found.status != Status.REVOKED,
    }
    return render(request, "staff/key.html", context)


@console(Credential, "change")
def key_revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    """For good; the application's other keys go on."""
    found = _find(public_id)
    to = reverse("staff:key", args=[public_id])
    form = ReasonForm(request.POST or None)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    if reason and saved(form, lambda: revoke_key(found, actor=actor_of(request), reason=reason)):
        return done(request, f"{found.name} is revoked.", to)
    return form_page(
        request,
        form,
        title=f"Revoke {found.name}",
        submit="Revoke it for good",
        trail=[*trail_of_application(found.application), (to, found.name)],
        lead=f"It answers 401 from the next call on and cannot come back. Other keys of {found.application} go on.",
    )


@console(Credential, "change")
def key_debug(request: HttpRequest, public_id: str) -> HttpResponse:
    """Let its calls ask where their time went, or end that."""
    found = _find(public_id)
    to = reverse("staff:key", args=[public_id])
    form, is_debug = ReasonForm(request.POST or None), not found.is_debug
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    if reason and saved(form, lambda: set_debug(found, is_debug=is_debug, actor=actor_of(request), reason=reason)):
        return done(request, f"{found.name} {'may' if is_debug else 'may no more'} ask where its time went.", to)
    return form_page(
        request,
        form,
        title=f"Debugging with {found.name}",
        submit="Let it ask" if is_debug else "End that",
        trail=[*trail_of_application(found.application), (to, found.name)],
        lead="Answers to its calls with X-Portcullis-Debug: 1 name each step's time in Server-Timing.",
    )
