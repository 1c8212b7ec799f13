"""Reading the chain: whole, or the first row that was altered, removed, reordered or cut off.

It reads page by page and never holds more, and needs no lock: links are only ever appended, so what writers and the
chainer do meanwhile lies behind the end.
"""

from collections.abc import Iterator
from typing import NamedTuple, TypedDict

from audit.anchor import GENESIS, Head, read_heads
from audit.chain import mac_of
from audit.models import ChainLink, Event, PersonalText, Unchained
from audit.personal import digest_of, digests_in
from contract.settings import settings

PAGE_ROWS = 500
ERASURE = "person.erased"


class Broken(Exception):
    """`kind` is altered, removed, reordered, cut or unchained; `seq` is None for an event without a link."""

    def __init__(self, kind: str, text: str, *, seq: int | None = None, event: str = "") -> None:
        super().__init__(text)
        self.kind = kind
        self.seq = seq
        self.event = event


class Place(TypedDict):
    """What a finding names."""

    seq: int
    event: str


class Whole(NamedTuple):
    """How far the chain was read, by whom its last link stands, and how many events wait for theirs."""

    head: Head
    event: str
    waiting: int


def verify(after: Head = GENESIS) -> Whole:
    """Read the chain from behind `after`, which was found whole, to its end. Raises Broken, and OSError."""
    anchored = read_heads(settings().anchor_path)
    _look_for(after)
    last, event = after, ""
    for link, its_event, texts in _rows(after.seq):
        _check_link(link, its_event, last, anchored)
        _check_texts(link, its_event, texts)
        last, event = Head(link.seq, link.mac), link.event_name
    _check_tail(last, anchored)
    if after == GENESIS:
        _check_unchained()
    return Whole(last, event, Unchained.objects.count())


def _look_for(after: Head) -> None:
    if after != GENESIS and not ChainLink.objects.filter(seq=after.seq, mac=after.mac).exists():
        raise Broken("removed", f"Link {after.seq}, which was there before, is gone or altered.", seq=after.seq)


Row = tuple[ChainLink, Event, dict[str, PersonalText]]


def _rows(seq: int) -> Iterator[Row]:
    """Each link with its event and that event's texts by digest; events are fetched apart, as one may be missing."""
    while links := list(ChainLink.objects.filter(seq__gt=seq).order_by("seq")[:PAGE_ROWS]):
        events = Event.objects.in_bulk([link.event_id for link in links])
        texts: dict[int, dict[str, PersonalText]] = {pk: {} for pk in events}
        for text in PersonalText.objects.filter(event_id__in=events):
            texts[text.event_id][text.digest] = text
        for link in links:
            if link.event_id not in events:
                text = f"Event {link.event_name}, of link {link.seq}, was removed."
                raise Broken("removed", text, seq=link.seq, event=link.event_name)
            yield link, events[link.event_id], texts[link.event_id]
        seq = links[-1].seq


def _check_link(link: ChainLink, event: Event, last: Head, anchored: dict[int, str]) -> None:
    """Against the link before it, its event, the key and the anchor."""
    where: Place = {"seq": link.seq, "event": link.event_name}
    if link.seq != last.seq + 1:
        raise Broken("removed", f"Link {last.seq + 1} was removed.", seq=last.seq + 1)
    if link.previous != last.mac:
        raise Broken("reordered", f"Link {link.seq} does not follow the link before it: rows were reordered.", **where)
    if link.event_name != event.public_id:
        text = f"Link {link.seq} is that of {link.event_name}, but {event.public_id} stands there: rows were reordered."
        raise Broken("reordered", text, **where)
    expected = mac_of(settings().secret_bytes("audit_key"), link.seq, last.mac, event)
    if link.mac != expected or anchored.get(link.seq, link.mac) != link.mac:
        raise Broken("altered", f"Event {event.public_id}, of link {link.seq}, was altered.", **where)


def _check_texts(link: ChainLink, event: Event, texts: dict[str, PersonalText]) -> None:
    """Each text is there as it was, or was erased by an event that says so."""
    where: Place = {"seq": link.seq, "event": link.event_name}
    for digest in digests_in(event):
        text = texts.get(digest)
        if text is None:
            raise Broken("removed", f"A text of event {event.public_id}, of link {link.seq}, was removed.", **where)
        if text.erasure:
            if not Event.objects.filter(public_id=text.erasure, action=ERASURE).exists():
                raise Broken("altered", f"A text of event {event.public_id} was erased by nobody.", **where)
        elif digest_of(text.salt, text.text) != digest:
            raise Broken("altered", f"A text of event {event.public_id}, of link {link.seq}, was altered.", **where)


def _check_tail(last: Head, anchored: dict[int, str]) -> None:
    newest = max(anchored, default=0)
    if newest > last.seq:
        text = f"The tail is cut: the chain ends at link {last.seq}, but link {newest} is anchored."
        raise Broken("cut", text, seq=last.seq + 1)
    if last.seq and not anchored:
        raise Broken("cut", "No head is anchored, so whether a tail was cut off cannot be told.", seq=last.seq + 1)


def _check_unchained() -> None:
    """Every event has its link, or waits for it."""
    number = 0
    while page := list(Event.objects.filter(id__gt=number).order_by("id").values_list("id", "public_id")[:PAGE_ROWS]):
        missing = _without_link([pk for pk, _ in page])
        missing -= set(Unchained.objects.filter(event_id__in=missing).values_list("event_id", flat=True))
        # What the chainer took up between the two looks has its link by now.
        for pk in sorted(_without_link(list(missing))):
            name = dict(page)[pk]
            raise Broken("unchained", f"Event {name} is in no link: its link was removed.", event=name)
        number = page[-1][0]


def _without_link(events: list[int]) -> set[int]:
    return set(events) - set(ChainLink.objects.filter(event_id__in=events).values_list("event_id", flat=True))
