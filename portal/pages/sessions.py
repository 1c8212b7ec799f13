"""`/account/sessions/`: where one is signed in, and the ways to sign out there."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import NotVisible
from accounts.sign_ins import end, open_sign_ins
from portal.browsers import SIGN_IN
from portal.pages.person import actor_of, person
from portal.pages.redirects import see_other

MOST_SHOWN = 100


@never_cache
@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """One row a browser that is signed in."""
    rows = list(open_sign_ins(person(request))[:MOST_SHOWN])
    context = {"nav": "account", "rows": rows, "own": request.session.get(SIGN_IN, "")}
    return render(request, "account_page/sessions.html", context)


@never_cache
@login_required
@require_POST
def session_end(request: HttpRequest, sign_in_id: str) -> HttpResponse:
    """Sign out there. No fresh proof is asked for: it only takes away, and may be urgent."""
    found = open_sign_ins(person(request)).filter(public_id=sign_in_id)
    if not found:
        raise NotVisible(sign_in_id)
    end(found, person(request), actor=actor_of(request))
    messages.success(request, "Signed out there.")
    return see_other(reverse("sessions"))


@never_cache
@login_required
@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    others = open_sign_ins(person(request)).exclude(public_id=request.session.get(SIGN_IN, ""))
    count = end(others, person(request), actor=actor_of(request))
    messages.success(request, f"Signed out elsewhere: {count}.")
    return see_other(reverse("sessions"))
