"""Calls in the order in which they came into the log, named by request id: what an open page has not seen yet."""

from django.db.models import QuerySet

from analytics.filters import CallFilters
from analytics.models import Call


class PositionLost(LookupError):
    """The call that a page saw last is not in this application's log."""


def newest_call(calls: list[Call]) -> str:
    """The request id of the one that came last; "" for none."""
    return max(calls, key=lambda call: call.pk).request_id if calls else ""


def calls_after(application: str, request_id: str, most: int) -> list[Call]:
    """At most `most` calls that came after `request_id` ("" means all), the first first. Raises PositionLost."""
    return list(_after(application, request_id).order_by("pk")[:most])


def count_after(application: str, request_id: str, filters: CallFilters, most: int) -> int:
    """How many calls that fit came after `request_id`, counted no further than `most`. Raises PositionLost."""
    return _after(application, request_id).filter(filters.q()).order_by()[:most].count()


def _after(application: str, request_id: str) -> QuerySet[Call]:
    rows = Call.objects.filter(application=application)
    if not request_id:
        return rows
    if "\0" in request_id:  # which PostgreSQL cannot look for
        raise PositionLost("NUL")
    seen = rows.filter(request_id=request_id).values_list("pk", flat=True).first()
    if seen is None:
        raise PositionLost(request_id)
    return rows.filter(pk__gt=seen)


def first_answered(application: str) -> str:
    """The request id of the application's first answered call; "" while there is none."""
    rows = Call.objects.filter(application=application, outcome="answered").order_by("at", "pk")
    return rows.values_list("request_id", flat=True).first() or ""


def latest_calls(application: str, most: int) -> list[Call]:
    """The newest first, by the time of the call."""
    return list(Call.objects.filter(application=application)[:most])
