"""What an event stream shows: each view renders the fragment of its page for calls that the page has not seen."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import Application
from analytics.arrivals import calls_after, count_after, first_answered, latest_calls, newest_call
from analytics.filters import parse_filters
from analytics.models import Call
from portal.pages.arrival_rows import arrival_rows, took
from portal.pages.call_log import with_default_range

MOST_ROWS = 50
MOST_COUNTED = 1000


class Batch(NamedTuple):
    """An event; `position` names the last call it tells of."""

    event: str
    html: str
    position: str


class StreamView(Protocol):
    """Made anew for each stream; both functions may ask the database."""

    def after(self, position: str) -> Batch | None:
        """What came after a call, or None. Raises PositionLost."""

    def lost(self) -> Batch:
        """What to tell a page that must be loaded anew."""


class ArrivingRows:
    """The rows themselves, newest first, for the top of a list."""

    def __init__(self, application: Application, _query: QueryDict) -> None:
        self._application = application

    def after(self, position: str) -> Batch | None:
        calls = calls_after(self._application.public_id, position, MOST_ROWS + 1)
        if not calls:
            return None
        if len(calls) > MOST_ROWS:
            return self.lost()
        return Batch("calls", self._render(calls[::-1]), calls[-1].request_id)

    def _render(self, calls: list[Call]) -> str:
        application = self._application
        application.refresh_from_db(fields=["first_call_at"])
        context = {
            "application": application,
            "arrivals": arrival_rows(application, calls, first_answered(application.public_id)),
            "sent_at": application.first_call_at or calls[-1].at,
            "took": took(application),
        }
        return render_to_string("start/arrived.html", context)

    def lost(self) -> Batch:
        newest = newest_call(latest_calls(self._application.public_id, MOST_ROWS))
        return Batch("lost", render_to_string("start/lost.html"), newest)


class NewCallsCounted:
    """How many calls fit the filters of a log since it was shown; its rows stay where they are."""

    def __init__(self, application: Application, query: QueryDict) -> None:
        self._application = application
        shown = query.copy()
        for name in ("as", "after"):
            shown.pop(name, None)
        self._query = shown

    def after(self, position: str) -> Batch | None:
        try:
            filters = parse_filters(with_default_range(self._query), timezone.now())
        except ValidationError:
            return None
        count = count_after(self._application.public_id, position, filters, MOST_COUNTED + 1)
        return Batch("count", self._render(count), position) if count else None

    def _render(self, count: int) -> str:
        shown = min(count, MOST_COUNTED)
        context = {"count": shown, "is_more": count > shown, "query": self._query.urlencode()}
        return render_to_string("logs/fresh.html", context)

    def lost(self) -> Batch:
        return Batch("count", self._render(MOST_COUNTED + 1), "")


VIEWS: dict[str, Callable[[Application, QueryDict], StreamView]] = {"rows": ArrivingRows, "count": NewCallsCounted}
