"""`/`: what the APIs are, for strangers; what needs attention and what the applications do, for those signed in; what
acts for them, for those without an organisation."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import applications_of, organisations_of
from accounts.models import User
from analytics.activity import hourly_calls
from contract.settings import settings
from keys.consents import consents_of
from plans.access import catalogue_open_to
from plans.models import Plan
from plans.words import limit_words, price_words
from portal.pages.attention import attention_of
from portal.reference.first_call import first_call
from portal.reference.samples import samples_of
from portal.spark import Spark

SHOWN_CONSENTS = 20


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """One address for both, so that the mark in the header always leads to where one works."""
    return _of_person(request, request.user) if isinstance(request.user, User) else _of_stranger(request)


def _of_stranger(request: HttpRequest) -> HttpResponse:
    plans = list(Plan.objects.filter(is_public=True).prefetch_related("limits", "versions"))
    call = first_call(plans, settings().gateway_base)
    context = {
        "catalogue": catalogue_open_to(request.user),
        "plans": [(plan, price_words(plan), [limit_words(limit) for limit in plan.limits.all()]) for plan in plans],
        "sample": samples_of(call)[0].code if call else "",
        "nav": "home",
    }
    return render(request, "home/stranger.html", context)


def _of_person(request: HttpRequest, user: User) -> HttpResponse:
    applications = list(applications_of(user))
    if not (applications or user.is_staff or organisations_of(user).exists()):
        return _of_end_user(request, user)
    now = timezone.now()
    hours = hourly_calls([application.public_id for application in applications], now)
    context = {
        "attention": attention_of(applications, now),
        "applications": [(application, Spark.of(hours[application.public_id])) for application in applications],
        "catalogue": catalogue_open_to(user),
        "since": now - timedelta(hours=24),
        "nav": "home",
    }
    return render(request, "home/person.html", context)


def _of_end_user(request: HttpRequest, user: User) -> HttpResponse:
    """Somebody for whom others' clients act, and who builds nothing here."""
    consents = list(consents_of(user)[:SHOWN_CONSENTS])
    return render(request, "home/end_user.html", {"rows": consents, "nav": "home"})
