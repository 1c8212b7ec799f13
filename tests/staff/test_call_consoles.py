"""The call log of everybody, and its download."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import Cast
from tests.logged import make_call


def test_calls_of_everybody_are_listed_by_name(cast: Cast, staff: Client) -> None:
    mine = make_call(cast)
    theirs = make_call(cast, application=cast.strangers_application.public_id)
    page = staff.get("/admin/calls/").content.decode()
    assert mine.request_id in page
    assert theirs.request_id in page
    assert cast.strangers_application.name in page


@pytest.mark.parametrize(
    "query",
    [
        "status=429",
        "status=4xx",
        "outcome=refused",
        "request_id={request_id}",
        "application={application}",
        "key={credential}",
        "range=1h&status=429",
    ],
)
def test_a_filter_shows_what_fits_and_nothing_else(cast: Cast, staff: Client, query: str) -> None:
    other = make_call(cast, at=timezone.now() - timedelta(days=3))
    refused = make_call(cast, status=429, outcome="refused", application="app_1", credential="key_1")
    names = {"request_id": refused.request_id, "application": "app_1", "credential": "key_1"}
    page = staff.get("/admin/calls/?" + query.format(**names)).content.decode()
    assert f"/admin/calls/{refused.request_id}/" in page
    assert f"/admin/calls/{other.request_id}/" not in page


@pytest.mark.parametrize(
    "query",
    ["status=x", "range=9y", "since=yesterday", "address=here", "min_ms=-1", "cursor=zzz", "outcome=lost", "key=a%20b"],
)
def test_a_filter_that_makes_no_sense_is_named(cast: Cast, staff: Client, query: str) -> None:
    response = staff.get(f"/admin/calls/?{query}")
    assert response.status_code == 422
    assert "These filters do not work." in response.content.decode()


def test_a_download_refuses_what_the_page_refuses(cast: Cast, staff: Client) -> None:
    assert staff.get("/admin/calls.ndjson?status=x").status_code == 422


def test_pages_follow_a_cursor_without_gap_or_repetition(cast: Cast, staff: Client) -> None:
    now = timezone.now()
    made = [make_call(cast, at=now - timedelta(seconds=n // 3)).request_id for n in range(120)]
    seen: list[str] = []
    path = "/admin/calls/?outcome=answered"
    while path:
        context = staff.get(path).context
        seen += [row.request_id for row in context["rows"]]
        path = context["older_url"]
    assert sorted(seen) == sorted(made)


def test_a_call_says_what_went_wrong(cast: Cast, staff: Client) -> None:
    call = make_call(cast, status=429, outcome="refused", problem="rate-limited")
    page = staff.get(f"/admin/calls/{call.request_id}/").content.decode()
    assert "Too many calls" in page
    assert "Wait for Retry-After" in page


def test_an_unknown_outcome_is_never_shown_as_success(cast: Cast, staff: Client) -> None:
    call = make_call(cast, status=0, outcome="unknown")
    page = staff.get(f"/admin/calls/{call.request_id}/").content.decode()
    assert "The outcome is not known." in page


def test_a_call_outlives_what_it_names(cast: Cast, staff: Client) -> None:
    call = make_call(cast, application="app_gone", credential="key_gone", operation="opn_gone", version="", api="")
    page = staff.get(f"/admin/calls/{call.request_id}/").content.decode()
    assert "app_gone" in page
    assert staff.get("/admin/calls/").status_code == 200
