"""`/start/`: from a key to the first call's row, in three steps on one page."""

from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.access import applications_of
from accounts.models import Application, User
from analytics.arrivals import first_answered, latest_calls, newest_call
from catalog.models import Operation
from contract.settings import settings
from keys.models import Credential, Kind, Status
from plans.models import Plan, Subscription
from portal.gateway_client import Answer, GatewayUnreachable, get
from portal.pages.arrival_rows import arrival_rows, took
from portal.pages.filled_samples import filled_samples
from portal.pages.forms.running import RunForm
from portal.pages.json_text import indented
from portal.pages.person import person
from portal.pages.redirects import see_other
from portal.pages.shown_once import keep_secret, take_secret
from portal.reference.first_call import call_to, first_operation
from portal.reference.samples import SampleCall

SHOWN_CALLS = 10


class FirstCall(NamedTuple):
    """What there is to call with and to call; any of it may be missing."""

    application: Application | None
    credential: Credential | None = None
    plan: Plan | None = None
    operation: Operation | None = None

    @property
    def call(self) -> SampleCall | None:
        """The call written out."""
        return call_to(self.operation, settings().gateway_base) if self.operation else None


def first_call_of(user: User) -> FirstCall:
    """The person's first application, its newest test key, and an operation that this key may call."""
    application = applications_of(user).first()
    if application is None:
        return FirstCall(None)
    own = Credential.objects.filter(application=application, kind=Kind.KEY)
    keys = own.filter(environment="test", status=Status.ACTIVE)
    credential = keys.prefetch_related("secrets").first()
    held = Subscription.objects.filter(application=application, status="active").select_related("plan").first()
    if credential is None or held is None:
        return FirstCall(application, credential, held and held.plan)
    operation = first_operation(held.plan)
    if operation and operation.scope and operation.scope not in credential.scopes:
        operation = None
    return FirstCall(application, credential, held.plan, operation)


@never_cache
@login_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """The key is shown by the first answer to GET; a HEAD takes nothing away."""
    first = first_call_of(person(request))
    secret = ""
    if first.credential and request.method == "GET":
        secret = take_secret(request.session, first.credential.public_id)
    return _page(request, first, RunForm(person(request), initial={"key": secret}), secret)


@never_cache
@sensitive_post_parameters("key")
@login_required
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Make the call with the key that the page holds. Without JavaScript the page is shown anew, key included."""
    first = first_call_of(person(request))
    form = RunForm(person(request), request.POST)
    is_swap = bool(request.htmx)  # type: ignore[attr-defined]
    if not form.is_valid() or first.call is None or form.credential is None:
        return _fragment(request, form, status=422) if is_swap else _page(request, first, form, status=422)
    answer = _ask(first.call, form.cleaned_data["key"])
    if is_swap:
        return _fragment(request, form, answer=answer)
    keep_secret(request.session, form.credential.public_id, form.cleaned_data["key"])
    return see_other(reverse("start") + "#arrivals")


def _ask(call: SampleCall, key: str) -> Answer | None:
    try:
        return get(call.url, key)
    except GatewayUnreachable:
        return None


def _fragment(request: HttpRequest, form: RunForm, *, status: int = 200, answer: Answer | None = None) -> HttpResponse:
    context = {"form": form, "has_run": status == 200, "answer": answer, "body": answer and indented(answer.body)}
    return render(request, "start/ran.html", context, status=status)


def _page(request: HttpRequest, first: FirstCall, form: RunForm, secret: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"nav": "apps", "first": first, "form": form, "secret": secret}
    if first.application:
        context |= {"organisation": first.application.organisation, **_arrivals(first.application)}
    if first.call:
        context["samples"] = filled_samples(first.call, secret)
    return render(request, "start/page.html", context, status=status)


def _arrivals(application: Application) -> dict[str, Any]:
    calls = latest_calls(application.public_id, SHOWN_CALLS)
    first_id = first_answered(application.public_id) if application.first_call_at else ""
    return {
        "application": application,
        "arrivals": arrival_rows(application, calls, first_id),
        "after": newest_call(calls),
        "sent_at": application.first_call_at or (calls[-1].at if calls else None),
        "took": took(application),
    }
