"""Events as pages and exports read them: filtered, the newest first, a page at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, NamedTuple

import msgspec
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.utils.dateparse import parse_date, parse_datetime

from audit.models import Event, PersonalText
from audit.personal import told

PAGE_EVENTS = 50
EXPORT_PAGE_EVENTS = 500
LONGEST_TEXT = 120


@dataclass(frozen=True)
class EventFilters:
    """What an event must fit; empty means all. `actor` is an id or an e-mail address, `action` may be its beginning
    (`key` for `key.revoked`), `text` stands somewhere in what the event says."""

    actor: str = ""
    action: str = ""
    object: str = ""
    organisation: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def q(self) -> Q:
        """The condition on events."""
        found = Q(organisation=self.organisation) if self.organisation else Q()
        found &= Q(object_id=self.object) if self.object else Q()
        found &= Q(action=self.action) | Q(action__startswith=f"{self.action}.") if self.action else Q()
        found &= Q(at__gte=self.since) if self.since else Q()
        found &= Q(at__lt=self.until) if self.until else Q()
        return found & self._by_actor() & self._by_text()

    def _by_actor(self) -> Q:
        if not self.actor:
            return Q()
        labels = PersonalText.objects.filter(subject=F("event__actor_id"), text__iexact=self.actor)
        return Q(actor_id=self.actor) | Q(pk__in=labels.values("event"))

    def _by_text(self) -> Q:
        return Q(pk__in=PersonalText.objects.filter(text__icontains=self.text).values("event")) if self.text else Q()


class EventPage(NamedTuple):
    """Events with their texts, the newest first; `next_cursor` is empty on the last page."""

    events: list[Event]
    next_cursor: str


def parse_event_filters(query: Mapping[str, str]) -> EventFilters:
    """From an address's query. Raises ValidationError for a time that is none."""
    names = ("actor", "action", "object", "organisation", "text")
    texts = {name: query.get(name, "").strip()[:LONGEST_TEXT] for name in names}
    return EventFilters(**texts, since=_moment(query, "since"), until=_moment(query, "until"))


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    """A day begins at midnight UTC, as does a time without an offset."""
    text = query.get(name, "").strip()
    if not text:
        return None
    try:
        day = parse_date(text)
        found = datetime.combine(day, time()) if day else parse_datetime(text)
        found = found and (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise ValidationError({name: f"{text[:40]!r} is no time such as 2027-01-31 or 2027-01-31T12:00:00Z."})
    return found


def events_of(filters: EventFilters, *, cursor: str = "", limit: int = PAGE_EVENTS) -> EventPage:
    """One page; two queries, three behind a cursor. Raises ValidationError for a cursor that names none of them."""
    events = matching(filters)
    if cursor:
        events = events.filter(pk__lt=_number(events, cursor))
    found = list(events.order_by("-id").prefetch_related("texts")[: limit + 1])
    return EventPage(found[:limit], found[limit - 1].public_id if len(found) > limit else "")


def matching(filters: EventFilters) -> QuerySet[Event]:
    """The events that fit, in no order."""
    return Event.objects.filter(filters.q()).order_by()


def _number(events: QuerySet[Event], cursor: str) -> int:
    number = events.filter(public_id=cursor[:32]).values_list("pk", flat=True).first()
    if number is None:
        raise ValidationError({"cursor": "This page's address is not valid any more: begin at the newest."})
    return int(number)


def ndjson_lines(filters: EventFilters) -> Iterator[bytes]:
    """The oldest first, each line with its end; memory does not grow with their number."""
    number, events = 0, matching(filters).order_by("id").prefetch_related("texts")
    while page := list(events.filter(pk__gt=number)[:EXPORT_PAGE_EVENTS]):
        yield from (msgspec.json.encode(facts_of(event)) + b"\n" for event in page)
        number = page[-1].pk


def facts_of(event: Event) -> dict[str, Any]:
    """An event as exports tell it; names are never taken away."""
    return {
        "id": event.public_id,
        "time": event.at,
        "action": event.action,
        "actor_kind": event.actor_kind,
        "actor_id": event.actor_id,
        "actor": event.actor_label,
        "address": event.address,
        "organisation": event.organisation,
        "object_kind": event.object_kind,
        "object_id": event.object_id,
        "object": event.object_label,
        "changes": told(event),
        "reason": event.reason,
        "request_id": event.request_id,
        "records": event.records,
    }
