"""`/search/?q=`: operations, APIs and guides that the reader may know of, own keys by stub, own calls by request id."""

import re
from urllib.parse import urlencode

from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import applications_of
from accounts.models import User
from analytics.models import Call
from catalog.models import Api, Operation, State
from contract.key_format import SCANNER_REGEX, stub_key
from guides.access import guides_open_to
from guides.models import Guide
from keys.models import Credential
from plans.access import Reader, operations_open_to, versions_open_to

LONGEST_QUERY = 200
MOST_OPERATIONS, MOST_OTHERS, MOST_LOOKED_AT = 30, 10, 500
#: What is live comes before what is on its way out.
_STANDING: dict[str, int] = {State.LIVE: 0, State.DEPRECATED: 1, State.RETIRED: 2}
_KEY = re.compile(SCANNER_REGEX)
_WORD = re.compile(r"\w+")
_SHORTEST_STUB = 4


def read_query(text: str) -> str:
    """The words without control characters and cut to length."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:LONGEST_QUERY]


@never_cache
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Everything that answers to the words, in groups. A whole key is cut before anything sees it."""
    given = request.GET.get("q", "")
    if key := _KEY.search(given):
        stub = stub_key(key[0])
        query = urlencode({"q": f"{stub.prefix}…{stub.last4}", "cut": "yes"})
        return redirect(f"{reverse('search')}?{query}")
    text = read_query(given)
    found = _found(request.user, text) if text else {}
    return render(request, "search/results.html", {"query": text, "was_key": "cut" in request.GET, **found})


def _found(reader: Reader, text: str) -> dict[str, object]:
    operations = _operations(reader, text)
    found = {
        "operations": operations[:MOST_OPERATIONS],
        "has_more_operations": len(operations) > MOST_OPERATIONS,
        "apis": _apis(reader, text),
        "guides": _guides(reader, text),
        "keys": _keys(reader, text) if isinstance(reader, User) else [],
        "calls": _calls(reader, text) if isinstance(reader, User) else [],
    }
    return {**found, "has_found": any(found.values())}


def _operations(reader: Reader, text: str) -> list[Operation]:
    """Every word must stand in method, path, summary or operation id; those whose summary begins so come first."""
    rows = Operation.objects.filter(version__in=versions_open_to(reader).order_by())
    for word in text.split():
        rows = rows.filter(_is_in(word))
    rows = rows.select_related("version__api").defer("version__document").order_by("version__api__title", "id")
    found = operations_open_to(reader, rows[:MOST_LOOKED_AT])
    return sorted(found, key=lambda row: _rank(row, text.lower()))


def _is_in(word: str) -> Q:
    return Q(summary__icontains=word) | Q(path__icontains=word) | Q(anchor__icontains=word) | Q(method__iexact=word)


def _rank(row: Operation, text: str) -> tuple[bool, int]:
    return not row.summary.lower().startswith(text), _STANDING.get(row.version.standing, len(_STANDING))


def _apis(reader: Reader, text: str) -> list[Api]:
    open_ones = Api.objects.filter(versions__in=versions_open_to(reader).order_by()).distinct()
    words = Q(title__icontains=text) | Q(slug__icontains=text) | Q(description__icontains=text)
    return list(open_ones.filter(words)[:MOST_OTHERS])


def _guides(reader: Reader, text: str) -> list[Guide]:
    """Those that have every word, or its beginning in their title, the nearest first. The index is asked for words
    alone: what else is typed may mean something to it."""
    text = " ".join(_WORD.findall(text))
    open_ones = {guide.pk: guide for guide in guides_open_to(reader)} if text else {}
    if not open_ones:
        return []
    rows = Guide.objects.filter(pk__in=open_ones).defer("body")
    found = [*rows.autocomplete(text)[:MOST_OTHERS], *rows.search(text, operator="and")[:MOST_OTHERS]]
    return [open_ones[pk] for pk in dict.fromkeys(row.pk for row in found)][:MOST_OTHERS]


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
