"""The call log as pages read it: the newest first, a page at a time, with counts beside it."""

import base64
import binascii
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from analytics.filters import CallFilters
from analytics.models import Call

PAGE_CALLS = 50
MOST_CALLS = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CallPage(NamedTuple):
    """Calls, the newest first; `next_cursor` is empty on the last page."""

    calls: list[Call]
    next_cursor: str


class Facets(NamedTuple):
    """Numbers of calls that match, and what another choice of status or outcome would show (`2xx` and `404` alike)."""

    total: int
    statuses: Mapping[str, int]
    outcomes: Mapping[str, int]


def matching(applications: Collection[str] | None, filters: CallFilters) -> QuerySet[Call]:
    """The calls of some applications (None: of all) that fit, in no order."""
    calls = Call.objects.filter(filters.q()).order_by()
    if applications is None:
        return calls
    names = sorted(applications)
    # One name as `=`: SQLite then reads the index in its order instead of sorting.
    return calls.filter(application=names[0]) if len(names) == 1 else calls.filter(application__in=names)


def calls_of(
    applications: Collection[str] | None, filters: CallFilters, *, cursor: str = "", limit: int = PAGE_CALLS
) -> CallPage:
    """One page, one query. Raises ValidationError for a cursor that is none of ours."""
    calls = matching(applications, filters)
    if cursor:
        at, number = _read_cursor(cursor)
        calls = calls.filter(Q(at__lt=at) | Q(pk__lt=number), at__lte=at)
    limit = min(limit, MOST_CALLS)
    found = list(calls.order_by("-at", "-id")[: limit + 1])
    return CallPage(found[:limit], _cursor(found[limit - 1]) if len(found) > limit else "")


def _cursor(call: Call) -> str:
    text = f"{(call.at - _EPOCH) // _MICROSECOND}.{call.pk}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        text = base64.urlsafe_b64decode(cursor[:64] + "=" * (-len(cursor) % 4)).decode("ascii")
        microseconds, _, number = text.partition(".")
        if not int(number) < 2**63:
            raise ValueError(number)
        return _EPOCH + int(microseconds) * _MICROSECOND, int(number)
    except (binascii.Error, ValueError, OverflowError):
        raise ValidationError({"cursor": "This page's address is not valid any more: begin at the newest."}) from None


def facets_of(applications: Collection[str] | None, filters: CallFilters) -> Facets:
    """Counts beside a page, one query."""
    every = matching(applications, filters.without("status", "outcome"))
    total, statuses, outcomes = 0, Counter[str](), Counter[str]()
    for outcome, status, calls in every.values_list("outcome", "status").annotate(Count("pk")):
        is_chosen = filters.status in ("", f"{status}", _class(status))
        if filters.outcome in ("", outcome):
            statuses.update({_class(status): calls, f"{status}": calls})
            total += calls if is_chosen else 0
        if is_chosen:
            outcomes[outcome] += calls
    return Facets(total, statuses, outcomes)


def _class(status: int) -> str:
    return f"{status // 100}xx"


def last_call_at(credential: str = "public_id") -> Subquery:
    """When a key last called, to annotate keys with: one look into the index for each key.

    `Credential.objects.annotate(last_used_at=last_call_at())`.
    """
    calls = Call.objects.filter(credential=OuterRef(credential)).order_by("-at", "-id")
    return Subquery(calls.values("at")[:1])


def last_call_for_person_at(credential: str, user: str) -> Subquery:
    """The same for what a client did in the name of a person; both are fields with public ids."""
    calls = Call.objects.filter(credential=OuterRef(credential), user=OuterRef(user), user__gt="")
    return Subquery(calls.order_by("-at").values("at")[:1])
