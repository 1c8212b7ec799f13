"""`/docs/<api>/<version>/<operation>/try/`: the operation as a form, called through the gateway."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from audit.writing import Conflict
from catalog.models import Operation
from contract.settings import settings
from keys.documentation import create_documentation_client
from plans.visibility import rules_for
from portal.pages.person import actor_of, person
from portal.pages.recent_login import recent_login_required
from portal.pages.redirects import see_other
from portal.reference.contents import contents_of
from portal.trying.brake import MOST_CALLS_A_MINUTE, take_turn
from portal.trying.callers import environment_of, require_caller
from portal.trying.desk import OVER, Desk, desk_of, operation_of
from portal.trying.form import TryForm
from portal.trying.kept import Kept, keep_tried, take_tried
from portal.trying.making import filled_again, form_for
from portal.trying.masked_answer import draw_masked, masked_fields
from portal.trying.sending import DEADLINE_SECONDS, call_as_described
from portal.trying.tried import Tried, shown_body


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def try_operation(request: HttpRequest, api: str, version: str, anchor: str) -> HttpResponse:
    """GET shows the form for the application of `?application=` in the environment of `?environment=`; POST makes the
    call. Who is not signed in reads how to get there; what is live asks for a fresh sign-in."""
    if not request.user.is_authenticated and request.method != "POST":
        operation = operation_of(contents_of(request.user, api, version), anchor)
        return render(request, "docs/try.html", _frame_of(operation))
    if environment_of(request.GET.get("environment", "")) == "live":
        return _try_live(request, api, version, anchor)
    return _try(request, api, version, anchor)


@login_required
def _try(request: HttpRequest, api: str, version: str, anchor: str) -> HttpResponse:
    operation = operation_of(contents_of(request.user, api, version), anchor)
    query = request.GET
    desk = desk_of(person(request), operation, query.get("application", ""), query.get("environment", ""))
    if request.method == "POST":
        return _send(request, desk)
    return _show(request, desk, take_tried(request.session, request.get_full_path()) if _is_get(request) else None)


_try_live = login_required(recent_login_required(_try))


def _is_get(request: HttpRequest) -> bool:
    """A HEAD takes nothing away."""
    return request.method == "GET"


def _show(request: HttpRequest, desk: Desk, kept: Kept | None) -> HttpResponse:
    if desk.hindrance:
        return _page(request, desk, None)
    if kept is None:
        return _page(request, desk, form_for(desk))
    return _page(request, desk, filled_again(desk, QueryDict(kept.filled_in), kept.tried), kept.tried)


def _send(request: HttpRequest, desk: Desk) -> HttpResponse:
    """POST with `allow` gives the application another client in place of one that is over."""
    caller = require_caller(desk.caller)
    if "allow" in request.POST and desk.hindrance in OVER:
        # Whoever was quicker made it already.
        with suppress(Conflict):
            create_documentation_client(caller.application, desk.environment, actor=actor_of(request))
        return see_other(request.get_full_path())
    if desk.hindrance:
        return _page(request, desk, None, status=409)
    form = form_for(desk, request.POST)
    if not form.is_valid():
        return _page(request, desk, form, status=422)
    if not take_turn(desk.user):
        form.add_error(None, f"{MOST_CALLS_A_MINUTE} calls a minute are the most from here. Wait a little.")
        return _page(request, desk, form, status=429)
    tried = call_as_described(desk, form, request.session, actor=actor_of(request))
    return _answer(request, desk, form, tried)


def _answer(request: HttpRequest, desk: Desk, form: TryForm, tried: Tried | None) -> HttpResponse:
    if tried is None:
        return _page(request, desk, form, status=422)
    desk = desk.with_client()
    if request.htmx:  # type: ignore[attr-defined]
        return _page(request, desk, filled_again(desk, request.POST, tried), tried)
    keep_tried(request.session, request.get_full_path(), Kept(_without_token(request.POST), tried))
    return see_other(f"{request.get_full_path()}#answer")


def _without_token(posted: QueryDict) -> str:
    filled_in = posted.copy()
    filled_in.pop("csrfmiddlewaretoken", None)
    return filled_in.urlencode()


def _page(
    request: HttpRequest, desk: Desk, form: TryForm | None, tried: Tried | None = None, status: int = 200
) -> HttpResponse:
    is_swap = bool(request.htmx)  # type: ignore[attr-defined]
    context = {**_frame_of(desk.operation), **_desk_context(request, desk), "form": form}
    if tried:
        context |= _tried_context(desk, tried)
    return render(request, "docs/try_region.html" if is_swap else "docs/try.html", context, status=status)


def _frame_of(operation: Operation) -> dict[str, Any]:
    version = operation.version
    names = [version.api.slug, version.name]
    trail = [(reverse("docs"), "Docs"), (reverse("docs_api", args=names[:1]), version.api.title)]
    trail.append((reverse("docs_version", args=names), version.name))
    trail.append((reverse("docs_operation", args=[*names, operation.anchor]), operation.summary))
    return {
        "operation": operation,
        "version": version,
        "full_path": f"/{version.api.slug}/{version.name}{operation.path}",
        "trail": trail,
        "nav": "docs",
    }


def _desk_context(request: HttpRequest, desk: Desk) -> dict[str, Any]:
    organisation = {"organisation": desk.caller.application.organisation} if desk.caller else {}
    is_outside = desk.hindrance in ("scope", "uncovered")
    return {
        "desk": desk,
        "may_try": [caller for caller in desk.callers if caller.is_allowed],
        "action": request.get_full_path(),
        "better_plan": desk.plan_with_scope() if is_outside else None,
        "gateway_base": settings().gateway_base,
        "deadline_seconds": DEADLINE_SECONDS,
        **organisation,
    }


def _tried_context(desk: Desk, tried: Tried) -> Mapping[str, Any]:
    """The answer as text, with its masked values marked where the plan masks."""
    assert desk.caller is not None
    shown = shown_body(tried)
    rules = rules_for(desk.caller.plan, desk.operation) if tried.status < 300 and "json" in tried.content_type else []
    drawn = draw_masked(shown.text, rules) if rules and not shown.is_cut else None
    fields = masked_fields(desk.operation, desk.caller.plan) if rules else []
    return {"tried": tried, "shown": shown, "code": drawn or shown.text, "masked": fields}
