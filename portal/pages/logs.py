"""`/apps/<id>/logs/` and `/logs/<request-id>/`: what an application called and what became of it."""

from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import NotVisible, access_application, applications_of
from accounts.models import Application, User
from analytics.arrivals import newest_call
from analytics.calls import CallPage, Facets, calls_of, facets_of
from analytics.export import ndjson_lines
from analytics.filters import CallFilters, parse_filters
from analytics.models import Call
from catalog.models import Operation
from contract.settings import settings
from keys.listing import keys_of
from keys.models import Credential, Secret
from plans.reach import operations_within_plans
from portal.pages.app_frame import app_frame
from portal.pages.call_log import with_default_range
from portal.pages.call_rows import call_rows
from portal.pages.call_words import explain
from portal.pages.csv_lines import csv_lines
from portal.pages.forms.logs import OUTCOME_NAMES, FilterForm
from portal.pages.person import person
from portal.pages.timing import timing_of
from portal.reference.samples import SampleCall, samples_of
from portal.streaming import download
from restrictions.notices import told_of

_SHOWN_FACETS = 12


class Found(NamedTuple):
    """A page of calls with its counts; empty where the filters are wrong."""

    page: CallPage = CallPage([], "")
    facets: Facets = Facets(0, {}, {})


@never_cache
@login_required
@require_safe
def logs(request: HttpRequest, app_id: str) -> HttpResponse:
    """A page of calls, the newest first, with filters and counts."""
    application = access_application(person(request), app_id)
    keys = keys_of(application)
    operations = operations_within_plans(application)
    versions = list({one.version_id: one.version for one in operations}.values())
    query = with_default_range(request.GET)
    form = FilterForm(operations, versions, keys, query)
    found = _find(application, query, form)
    context = {
        **app_frame(application, "logs", keys=sum(not key.is_revoked for key in keys)),
        "form": form,
        "rows": call_rows(found.page.calls, keys),
        "total": found.facets.total,
        "facets": _facets(found.facets, request.GET),
        "chips": _chips(form, request.GET),
        "after": newest_call(found.page.calls),
        "now": timezone.now(),
        "query": _without(request.GET, "cursor"),
        "is_first_page": not request.GET.get("cursor"),
        "older_url": "?" + _with(request.GET, cursor=found.page.next_cursor) if found.page.next_cursor else "",
    }
    return render(request, "logs/page.html", context, status=422 if form.errors else 200)


def _find(application: Application, query: QueryDict, form: FilterForm) -> Found:
    names = [application.public_id]
    try:
        filters = parse_filters(query, timezone.now())
        page = calls_of(names, filters, cursor=query.get("cursor", ""))
        return Found(page, facets_of(names, filters))
    except ValidationError as error:
        _refuse(form, error)
        return Found()


def _refuse(form: FilterForm, error: ValidationError) -> None:
    """Show what was wrong at its field; what has none above them all."""
    form.errors.clear()
    for name, messages in error.message_dict.items():
        form.add_error(name if name in form.fields else None, messages)


class FacetRow(NamedTuple):
    """A value, how many calls have it, its share for the bar, and the address that chooses it."""

    value: str
    calls: int
    share: str
    url: str
    words: str = ""


def _facets(facets: Facets, query: QueryDict) -> dict[str, list[FacetRow]]:
    exact = {code: calls for code, calls in facets.statuses.items() if code.isdigit() and code != "0"}
    return {
        "statuses": _facet("status", exact, query),
        "outcomes": _facet("outcome", dict(facets.outcomes), query, OUTCOME_NAMES),
    }


def _facet(name: str, counts: dict[str, int], query: QueryDict, words: dict[str, str] | None = None) -> list[FacetRow]:
    most = max(counts.values(), default=0)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN_FACETS]
    return [
        FacetRow(
            value=value,
            calls=calls,
            share=f"{max(0.5, 100 * calls / most):.2f}%",
            url="?" + _with(query, **{name: value}),
            words=(words or {}).get(value, ""),
        )
        for value, calls in ranked
    ]


def _chips(form: FilterForm, query: QueryDict) -> list[tuple[str, str, str]]:
    """What is filtered, each with the address of the same page without it."""
    return [
        (str(form.fields[name].label), form.words(name, value), "?" + _without(query, name, "cursor"))
        for name, value in query.items()
        if name in form.fields and value.strip() and name not in form.errors
    ]


def _with(query: QueryDict, **values: str) -> str:
    changed = query.copy()
    if "cursor" not in values:
        changed.pop("cursor", None)
    for name, value in values.items():
        changed[name] = value
    return changed.urlencode()


def _without(query: QueryDict, *names: str) -> str:
    changed = query.copy()
    for name in names:
        changed.pop(name, None)
    return changed.urlencode()


@login_required
@require_safe
def logs_export(request: HttpRequest, app_id: str, form: str) -> HttpResponseBase:
    """Every call that fits the filters, as CSV or NDJSON, the oldest first."""
    application = access_application(person(request), app_id)
    try:
        filters = parse_filters(with_default_range(request.GET), timezone.now())
    except ValidationError as error:
        return HttpResponse("\n".join(error.messages), status=422, content_type="text/plain; charset=utf-8")
    return _download([application.public_id], filters, form)


def _download(names: list[str], filters: CallFilters, form: str) -> HttpResponseBase:
    if form == "csv":
        return download(csv_lines(names, filters), "text/csv; charset=utf-8", "calls.csv")
    return download(ndjson_lines(names, filters), "application/x-ndjson", "calls.ndjson")


@never_cache
@login_required
@require_safe
def call(request: HttpRequest, request_id: str) -> HttpResponse:
    """One call: cause and fix, timing, what was masked, and the same call to send again."""
    row, application = access_call(person(request), request_id)
    operation = Operation.objects.filter(public_id=row.operation).select_related("version__api").first()
    context: dict[str, Any] = {
        **app_frame(application, "logs", here=f"{row.request_id[:8]}…{row.request_id[-4:]}"),
        "call": row,
        "explanation": explain(row),
        "restricted_by": told_of(row.restriction),
        "timing": timing_of(row),
        "key": Credential.objects.filter(public_id=row.credential, application=application).first(),
        "secret": Secret.objects.filter(public_id=row.secret, credential__application=application).first(),
        "operation": operation,
        "curl": samples_of(SampleCall(row.method, request_url(row)))[0].code,
        "alike_url": f"{reverse('logs', args=[application.public_id])}?{_alike(row)}",
    }
    return render(request, "logs/call.html", context)


def access_call(user: User, request_id: str) -> tuple[Call, Application]:
    """A call of an application that the person sees. Raises NotVisible."""
    row = Call.objects.filter(request_id=request_id).first()
    application = row and applications_of(user).filter(public_id=row.application).first()
    if row is None or application is None:
        raise NotVisible(request_id)
    return row, application


def request_url(row: Call) -> str:
    """The address that was called; the log keeps no query."""
    return f"{settings().gateway_base}{row.path}"


def _alike(row: Call) -> str:
    """Calls to the same operation that ended alike."""
    query = QueryDict(mutable=True)
    query["range"] = "7d"
    if row.operation:
        query["operation"] = row.operation
    if row.status:
        query["status"] = str(row.status)
    return query.urlencode()
