"""`/search/?q=`: operations and APIs that the reader may know of, own keys by their stub, own calls by request id."""

import re
from typing import NamedTuple

from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import applications_of
from accounts.models import User
from analytics.models import Call
from catalog.models import Api, Operation
from contract.key_format import SCANNER_REGEX, stub_key
from keys.models import Credential
from plans.access import Reader, versions_open_to

LONGEST_QUERY = 200
MOST_OPERATIONS, MOST_OTHERS = 30, 10
_KEY = re.compile(SCANNER_REGEX)
_SHORTEST_STUB = 4


class Query(NamedTuple):
    """What is looked for. A whole key is cut to what may be shown of it before anything else sees it."""

    text: str
    was_key: bool = False


def read_query(text: str) -> Query:
    """The words without control characters and cut to length."""
    if found := _KEY.search(text):
        stub = stub_key(found[0])
        return Query(f"{stub.prefix}…{stub.last4}", was_key=True)
    printable = "".join(char if char.isprintable() else " " for char in text)
    return Query(" ".join(printable.split())[:LONGEST_QUERY])


@never_cache
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Everything that answers to the words, in groups."""
    query = read_query(request.GET.get("q", ""))
    context = {"query": query, "nav": "search"}
    if query.text:
        context |= _found(request.user, query)
    return render(request, "search/results.html", context)


def _found(reader: Reader, query: Query) -> dict[str, object]:
    operations = [] if query.was_key else _operations(reader, query.text)
    found = {
        "operations": operations[:MOST_OPERATIONS],
        "has_more_operations": len(operations) > MOST_OPERATIONS,
        "apis": [] if query.was_key else _apis(reader, query.text),
        "keys": _keys(reader, query.text) if isinstance(reader, User) else [],
        "calls": _calls(reader, query.text) if isinstance(reader, User) else [],
    }
    return {**found, "has_found": any(found.values())}


def _operations(reader: Reader, text: str) -> list[Operation]:
    """Every word must stand in method, path or summary; those whose summary begins with the words come first."""
    rows = Operation.objects.filter(version__in=versions_open_to(reader).order_by())
    for word in text.split():
        rows = rows.filter(Q(summary__icontains=word) | Q(path__icontains=word) | Q(method__iexact=word))
    rows = rows.select_related("version__api").defer("version__document").order_by("version__api__title", "id")
    found = list(rows[: MOST_OPERATIONS + 1])
    return sorted(found, key=lambda row: not row.summary.lower().startswith(text.lower()))


def _apis(reader: Reader, text: str) -> list[Api]:
    open_ones = Api.objects.filter(versions__in=versions_open_to(reader).order_by()).distinct()
    words = Q(title__icontains=text) | Q(slug__icontains=text) | Q(description__icontains=text)
    return list(open_ones.filter(words)[:MOST_OTHERS])


def _keys(reader: User, text: str) -> list[Credential]:
    """Keys by name, or by any piece of what is shown of them: `pc_live_7Qm4`, `e2Lk`, `pc_live_7Qm4…e2Lk`."""
    own = Credential.objects.filter(application__in=applications_of(reader).order_by())
    own = own.select_related("application").prefetch_related("secrets")
    shown = own.annotate(stub=Concat("secrets__prefix", Value("…"), "secrets__last4"))
    matches = Q(name__icontains=text)
    if len(text) >= _SHORTEST_STUB:
        matches |= Q(stub__contains=text.replace("...", "…"))
    return list(shown.filter(matches).distinct()[:MOST_OTHERS])


def _calls(reader: User, text: str) -> list[Call]:
    names = applications_of(reader).order_by().values("public_id")
    return list(Call.objects.filter(request_id=text, application__in=names))
