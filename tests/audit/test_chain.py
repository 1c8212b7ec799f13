"""The chain is whole beside eight writers, and says which row is not as it was."""

import io
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event as Signal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction
from django.db.models import F, Model, Q

from accounts.models import Organisation
from accounts.writes import rename_organisation
from audit.anchor import KEPT_LINES, MOST_BYTES, Head, append_head, read_heads
from audit.chain import ChainBroken, chain_waiting
from audit.checking import check_chain
from audit.models import ChainCheck, ChainLink, Event, PersonalText, Unchained
from audit.verifying import Broken, verify
from tests.audit.intruder import as_intruder, chain_all
from tests.factories import ACTOR

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS = 8
ROUNDS = 10 if os.environ.get("PROVE") else 1
KEPT: tuple[type[Model], ...] = (Event, ChainLink, PersonalText, Unchained)


def write_until(stop: Signal, number: int, organisation: Organisation) -> None:
    turn = 0
    while not stop.wait(0.02):
        turn += 1
        rename_organisation(organisation, f"Bindery of {number}, {turn}", actor=ACTOR)
    connections.close_all()


@contextmanager
def eight_writers(organisation: Organisation) -> Iterator[None]:
    """Processes that record events all the while; each ends well or fails the test."""
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    stop = fork.Event()
    writers = [fork.Process(target=write_until, args=(stop, number, organisation)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        yield
    finally:
        stop.set()
        for writer in writers:
            writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * WRITERS


@contextmanager
def tampered(seqs: list[int], tamper: Callable[[list[int], list[int]], None]) -> Iterator[None]:
    """The links of `seqs` and their events as `tamper` leaves them, and afterwards as they were."""
    events = list(ChainLink.objects.filter(seq__in=seqs).order_by("seq").values_list("event_id", flat=True))
    mine = {model: Q(seq__in=seqs) if model is ChainLink else Q(event__in=events) for model in KEPT}
    mine[Event] = Q(pk__in=events)
    before = {model: list(model._default_manager.filter(mine[model])) for model in KEPT}
    times = {event.pk: event.at for event in before[Event]}
    with as_intruder(), transaction.atomic():
        tamper(seqs, events)
    yield
    with as_intruder(), transaction.atomic():
        for model in KEPT:
            rows = model._default_manager.filter(mine[model])
            rows._raw_delete(rows.db)
            model._default_manager.bulk_create(before[model])
        for event, at in times.items():
            Event.objects.filter(pk=event).update(at=at)


def swap(model: type[Model], field: str, first: int, second: int) -> None:
    """Exchange the numbers of two rows, and so their places."""
    rows = model._default_manager
    for before, after in ((first, -1), (second, first), (-1, second)):
        rows.filter(**{field: before}).update(**{field: after})


def remove(model: type[Model], condition: Q) -> None:
    rows = model._default_manager.filter(condition)
    rows._raw_delete(rows.db)


def alter_event(_seqs: list[int], events: list[int]) -> None:
    Event.objects.filter(pk=events[0]).update(action="organisation.seen")


def alter_time(_seqs: list[int], events: list[int]) -> None:
    event = Event.objects.get(pk=events[0])
    Event.objects.filter(pk=events[0]).update(at=event.at.replace(microsecond=(event.at.microsecond + 1) % 1_000_000))


def alter_changes(_seqs: list[int], events: list[int]) -> None:
    Event.objects.filter(pk=events[0]).update(changes={"name": ["Bindery", "Elsewhere"]})


def alter_text(_seqs: list[int], events: list[int]) -> None:
    PersonalText.objects.filter(event=events[0], subject=ACTOR.id).update(text="Somebody else")


def blank_text(_seqs: list[int], events: list[int]) -> None:
    PersonalText.objects.filter(event=events[0]).update(text="", salt="", erasure="evt_of_nobody")


def remove_text(_seqs: list[int], events: list[int]) -> None:
    remove(PersonalText, Q(event=events[0]))


def remove_event(_seqs: list[int], events: list[int]) -> None:
    remove(Event, Q(pk=events[0]))


def remove_link(seqs: list[int], _events: list[int]) -> None:
    remove(ChainLink, Q(seq=seqs[0]))


def remove_both(seqs: list[int], events: list[int]) -> None:
    remove(PersonalText, Q(event=events[0]))
    remove(ChainLink, Q(seq=seqs[0]))
    remove(Event, Q(pk=events[0]))


def remove_and_close_the_gap(seqs: list[int], events: list[int]) -> None:
    remove_both(seqs, events)
    ChainLink.objects.filter(seq=seqs[1]).update(seq=F("seq") - 1)


def swap_events(_seqs: list[int], events: list[int]) -> None:
    swap(Event, "id", *events)


def swap_links(seqs: list[int], _events: list[int]) -> None:
    swap(ChainLink, "seq", *seqs)


TAMPERINGS = [
    (alter_event, "altered"),
    (alter_time, "altered"),
    (alter_changes, "altered"),
    (alter_text, "altered"),
    (blank_text, "altered"),
    (remove_text, "removed"),
    (remove_event, "removed"),
    (remove_link, "removed"),
    (remove_both, "removed"),
    (remove_and_close_the_gap, "reordered"),
    (swap_events, "reordered"),
    (swap_links, "reordered"),
]


def test_it_finds_each_tampering_beside_eight_writers(
    organisation: Organisation, chained: Callable[[int], None]
) -> None:
    with eight_writers(organisation):
        chained(20)
        assert verify().head.seq >= 20
        for tamper, kind in TAMPERINGS * ROUNDS:
            with tampered([10, 11], tamper), pytest.raises(Broken) as caught:
                verify()
            assert (tamper.__name__, caught.value.kind, caught.value.seq) == (tamper.__name__, kind, 10)
            chain_all()
            verify()
    chain_all()
    whole = verify()
    assert (whole.head.seq, whole.waiting) == (Event.objects.count(), 0)
    assert whole.head.seq > 100


def test_it_finds_a_cut_tail_and_nothing_is_chained_onto_it(
    organisation: Organisation, chained: Callable[[int], None]
) -> None:
    chained(10)
    head = verify().head.seq

    def cut(seqs: list[int], events: list[int]) -> None:
        remove(PersonalText, Q(event__in=events))
        remove(ChainLink, Q(seq__in=seqs))
        remove(Event, Q(pk__in=events))

    with tampered([head - 2, head - 1, head], cut):
        with pytest.raises(Broken, match=f"ends at link {head - 3}, but link {head} is anchored") as caught:
            verify()
        assert (caught.value.kind, caught.value.seq) == ("cut", head - 2)
        rename_organisation(organisation, "After the cut", actor=ACTOR)
        with pytest.raises(ChainBroken, match=f"link {head} is anchored"):
            chain_waiting()
    chain_all()
    assert verify().head.seq == head + 1


def test_it_finds_an_event_whose_link_the_anchor_has_forgotten_too(
    chained: Callable[[int], None], anchor: Path
) -> None:
    chained(5)
    head = verify().head.seq
    with tampered([head], remove_link):
        anchor.unlink()
        append_head(anchor, Head(head - 1, ChainLink.objects.get(seq=head - 1).mac))
        with pytest.raises(Broken, match="is in no link") as caught:
            verify()
    assert caught.value.kind == "unchained"


def test_without_its_anchor_a_chain_is_not_called_whole(chained: Callable[[int], None], anchor: Path) -> None:
    chained(3)
    anchor.unlink()
    with pytest.raises(Broken, match="No head is anchored"):
        verify()


def test_an_event_that_commits_late_is_chained_behind_those_with_greater_numbers(
    chained: Callable[[int], None],
) -> None:
    chained(3)
    for number in (2000, 1000):
        late = Event.objects.create(pk=number, actor_kind="system", actor_id="tests", action="late", object_kind="x")
        Unchained.objects.create(event=late)
        assert chain_waiting() == 1
    assert list(ChainLink.objects.order_by("-seq").values_list("event_id", flat=True)[:2]) == [1000, 2000]
    verify()


def test_the_database_refuses_to_change_or_delete_events_and_links(chained: Callable[[int], None]) -> None:
    chained(2)
    for model in (Event, ChainLink):
        rows = model._default_manager.all()
        with pytest.raises(DatabaseError, match="stay as they are"), transaction.atomic():
            rows.update(**{"action" if model is Event else "mac": "x"})
        with pytest.raises(DatabaseError, match="stay as they are"), transaction.atomic():
            rows._raw_delete(rows.db)
    verify()


def test_the_command_says_what_it_found(chained: Callable[[int], None]) -> None:
    chained(3)
    out = io.StringIO()
    call_command("verify_audit", json=True, stdout=out)
    assert json.loads(out.getvalue()) == {
        "whole": True,
        "links": Event.objects.count(),
        "head": ChainLink.objects.latest("seq").mac,
        "event": Event.objects.latest("id").public_id,
        "waiting": 0,
    }
    with tampered([2, 3], alter_event):
        with pytest.raises(CommandError, match=r"Event evt_\w+, of link 2, was altered"):
            call_command("verify_audit")
        out = io.StringIO()
        with pytest.raises(SystemExit, match="1"):
            call_command("verify_audit", json=True, stdout=out)
        assert json.loads(out.getvalue())["seq"] == 2


def test_the_schedule_reads_on_from_where_it_was_and_notices_what_is_not_as_it_was(
    chained: Callable[[int], None],
) -> None:
    chained(4)
    first = check_chain()
    chained(2)
    second = check_chain()
    assert (first.finding, second.finding, second.seq) == ("", "", first.seq + 2)
    assert second.whole_at == first.whole_at
    with tampered([second.seq], alter_event):
        ChainCheck.objects.update(whole_at=None)
        assert f"of link {second.seq}, was altered" in check_chain().finding
    assert check_chain().finding == ""


def test_the_anchor_stays_small_and_outlives_a_torn_line(anchor: Path) -> None:
    line = b'{"at": "2027-01-01T00:00:00+00:00", "seq": 1, "mac": "%s"}\n' % (b"0" * 64)
    anchor.write_bytes(line * (MOST_BYTES // len(line) + 1) + b'{"at": "2027-')
    append_head(anchor, Head(2, "f" * 64))
    append_head(anchor, Head(3, "e" * 64))
    assert len(anchor.read_bytes().splitlines()) <= KEPT_LINES + 1
    assert read_heads(anchor) == {1: "0" * 64, 2: "f" * 64, 3: "e" * 64}
