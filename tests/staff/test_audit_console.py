"""The audit console: who did what, found by every filter, with why, what changed, where it is undone, and the chain."""

from pathlib import Path

import pytest
from django.test import Client

from accounts.writes import rename_organisation
from audit.chain import chain_waiting
from audit.checking import check_chain
from audit.models import ChainCheck, Event
from contract.settings import settings
from keys.writes import revoke_key
from portal.staff.event_pages import PAGES, UNDO
from tests.cast import Cast
from tests.factories import ACTOR

REASON = "They asked for it, ticket 4711."


@pytest.fixture
def suspended(cast: Cast, staff: Client) -> Event:
    """Suspending the cast's organisation, done on its page."""
    path = f"/admin/consumers/{cast.organisation.public_id}/suspend/"
    assert staff.post(path, {"reason": REASON}).status_code == 303
    return Event.objects.get(action="organisation.suspended")


def test_an_event_says_who_what_why_and_where_it_is_undone(cast: Cast, staff: Client, suspended: Event) -> None:
    page = staff.get(f"/admin/audit/{suspended.public_id}/").content.decode()
    for text in ("staff@portcullis.example", REASON, "<del>active</del>", "<ins>suspended</ins>", "127.0.0.1"):
        assert text in page
    assert f'href="/admin/consumers/{cast.organisation.public_id}/resume/"' in page
    assert f"organisation:{cast.organisation.public_id}" in page


@pytest.mark.parametrize(
    "query",
    [
        "actor=STAFF@portcullis.example",
        "actor={staff}",
        "action=organisation.suspended",
        "action=organisation&text=4711",
        "object={organisation}&action=organisation.suspended",
        "organisation={organisation}&text=ticket",
        "since=2020-01-01&until=9999-12-31&text=ticket",
    ],
)
def test_a_filter_shows_what_fits_and_nothing_else(cast: Cast, staff: Client, suspended: Event, query: str) -> None:
    revoke_key(cast.strangers_key.credential, actor=ACTOR, reason="Left on a bus")
    names = {"staff": cast.staff.user.public_id, "organisation": cast.organisation.public_id}
    rows = staff.get("/admin/audit/?" + query.format(**names)).context["rows"]
    assert [event for event, _, _ in rows] == [suspended]


@pytest.mark.parametrize("query", ["since=never", "until=2027-13-01", "cursor=evt_nobody", "since=0001-01-01T00%2B09"])
def test_a_filter_that_makes_no_sense_is_named(cast: Cast, staff: Client, query: str) -> None:
    assert staff.get(f"/admin/audit/?{query}").status_code == 422


def test_pages_follow_a_cursor_without_gap_or_repetition(cast: Cast, staff: Client) -> None:
    for number in range(60):
        rename_organisation(cast.organisation, f"Bindery {number}", actor=ACTOR)
    seen: list[int] = []
    path = "/admin/audit/"
    while path:
        context = staff.get(path).context
        seen += [event.pk for event, _, _ in context["rows"]]
        path = context["older_url"]
    assert seen == list(Event.objects.order_by("-id").values_list("pk", flat=True))


def test_it_says_how_far_the_chain_is_whole_and_when_it_is_broken(
    cast: Cast, staff: Client, suspended: Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "audit_anchor", tmp_path / "anchor.ndjson")
    assert "not looked at yet" in staff.get("/admin/audit/").content.decode()
    while chain_waiting():
        pass
    head = check_chain()
    page = staff.get("/admin/audit/").content.decode()
    assert head.event_name == suspended.public_id
    assert f'<a href="/admin/audit/{suspended.public_id}/">event {head.seq}</a>' in page
    assert head.mac[:16] in page
    ChainCheck.objects.update(finding="Link 7 was removed.")
    assert "Link 7 was removed." in staff.get("/admin/audit/").content.decode()


def test_every_page_that_an_event_leads_to_exists(cast: Cast, staff: Client, suspended: Event) -> None:
    from portal.staff.urls import urlpatterns

    assert {*PAGES.values(), *UNDO.values()} - {pattern.name for pattern in urlpatterns} <= {"restriction"}
