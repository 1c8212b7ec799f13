"""`/apps/<id>/logs/`, its exports, and the page of one call."""

import csv
import io
import json
from datetime import timedelta
from urllib.parse import quote

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.db import connections
from django.test import AsyncClient
from django.utils import timezone

from accounts.models import Application
from analytics.calls import PAGE_CALLS
from analytics.models import Call
from portal.pages.timing import timing_of
from tests.cast import make_cast
from tests.factories import make_key
from tests.portal.pages.calling import make_calls
from tests.portal.pages.reading import queries, read, words
from tests.portal.pages.test_app_pages import HOSTILE, operation

pytestmark = pytest.mark.django_db


@pytest.fixture
def logs_url(cast):
    return f"/apps/{cast.application.public_id}/logs/"


def shown(page):
    """The request ids of the rows."""
    return [part.partition("/")[0] for part in page.split('class="row-link" href="/logs/')[1:]]


def test_an_empty_log_teaches_and_one_without_a_match_offers_a_way_out(cast, logs_url):
    assert "No call in the last 24 hours" in words(read(cast.owner.client, logs_url))
    assert "No call fits" in words(read(cast.owner.client, logs_url + "?status=404"))


def test_calls_stand_newest_first_with_why_they_failed(cast, logs_url):
    now = timezone.now()
    [old] = make_calls(cast.application, operation(), at=now - timedelta(hours=2))
    [new] = make_calls(
        cast.application, operation(), at=now, outcome="refused", status=403, problem="insufficient-scope"
    )
    page = read(cast.owner.client, logs_url)
    assert shown(page) == [new.request_id, old.request_id]
    assert "2 calls" in words(page)
    assert "This credential lacks the scope" in words(page)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=404", 1),
        ("status=4xx", 2),
        ("outcome=refused", 1),
        ("method=post", 1),
        ("min_ms=1000", 1),
        ("address=192.0.2.7", 1),
        ("range=1h", 5),
        ("range=30d", 6),
        ("since=2020-01-01&until=2020-01-02", 0),
    ],
)
def test_each_filter_narrows_the_rows_and_the_count_and_becomes_a_chip(cast, logs_url, query, expected):
    make_calls(cast.application, operation(), status=404)
    make_calls(cast.application, operation(), status=429, outcome="refused", problem="rate-limited")
    make_calls(cast.application, operation(), method="POST")
    make_calls(cast.application, operation(), duration_us=2_000_000)
    make_calls(cast.application, operation(), address="192.0.2.7")
    make_calls(cast.application, operation(), at=timezone.now() - timedelta(days=3))
    page = read(cast.owner.client, f"{logs_url}?{query}")
    assert len(shown(page)) == expected
    assert f"{expected} call" in words(page)
    assert page.count('class="chip"') == query.count("=")


def test_a_call_is_found_by_its_id_whenever_it_was(cast, logs_url):
    [old] = make_calls(cast.application, operation(), at=timezone.now() - timedelta(days=300))
    assert shown(read(cast.owner.client, f"{logs_url}?request_id={old.request_id}")) == [old.request_id]
    assert shown(read(cast.owner.client, logs_url)) == []


def test_the_filters_of_key_version_and_operation_are_chosen_from_lists(cast, logs_url):
    key = make_key(cast.application, "Nightly").credential
    make_calls(cast.application, operation(), credential=key.public_id)
    make_calls(cast.application, operation())
    page = read(cast.owner.client, logs_url)
    for value in (key.public_id, cast.version.public_id, operation().public_id):
        assert f'<option value="{value}">' in page
    assert len(shown(read(cast.owner.client, f"{logs_url}?key={key.public_id}"))) == 1
    assert "Key Nightly" in words(read(cast.owner.client, f"{logs_url}?key={key.public_id}"))
    assert len(shown(read(cast.owner.client, f"{logs_url}?operation={operation().public_id}"))) == 2


@pytest.mark.parametrize(
    "query",
    [
        "status=9xx",
        "status=<script>",
        "outcome=lost",
        "range=forever",
        "range=1h&since=2026-01-01",
        "since=yesterday",
        "since=2026-01-02&until=2026-01-01",
        "min_ms=-1",
        "min_ms=1e9",
        "min_ms=99999999999",
        "address=everywhere",
        "method=GET%20/",
        "key=%00",
        "request_id=" + "x" * 500,
        "cursor=nonsense",
        "cursor=%00",
        "cursor=" + "A" * 3000,
        "version=" + quote("<script>alert(1)</script>"),
    ],
)
def test_a_wrong_filter_is_422_and_says_so_at_its_field(cast, logs_url, query):
    make_calls(cast.application, operation())
    response = cast.owner.client.get(f"{logs_url}?{query}")
    page = response.content.decode()
    assert response.status_code == 422
    assert 'data-focus="yes"' in page
    assert "<script>alert" not in page
    assert shown(page) == []


def test_pages_follow_each_other_without_a_gap_or_a_repeat(cast, logs_url):
    calls = make_calls(cast.application, operation(), PAGE_CALLS + 7, at=timezone.now())
    first = read(cast.owner.client, logs_url)
    older = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    second = read(cast.owner.client, logs_url + older)
    assert len(shown(first)) == PAGE_CALLS
    assert sorted(shown(first) + shown(second)) == sorted(call.request_id for call in calls)
    assert 'rel="prev"' in second
    assert "sse-connect" in first
    assert "sse-connect" not in second


def test_facets_lead_to_the_calls_that_they_count(cast, logs_url):
    make_calls(cast.application, operation(), 3)
    make_calls(cast.application, operation(), 2, outcome="refused", status=429, problem="rate-limited")
    page = read(cast.owner.client, logs_url)
    assert 'href="?status=429"' in page
    assert len(shown(read(cast.owner.client, logs_url + "?status=429"))) == 2
    assert 'href="?outcome=refused"' in page


def test_somebody_elses_calls_are_nowhere(cast, logs_url):
    [call] = make_calls(cast.strangers_application, operation())
    assert shown(read(cast.owner.client, f"{logs_url}?request_id={call.request_id}")) == []
    assert cast.owner.client.get(f"/logs/{call.request_id}/").status_code == 404
    assert read(cast.stranger.client, f"/logs/{call.request_id}/")


def test_a_call_has_its_cause_its_fix_and_itself_as_curl(cast):
    [call] = make_calls(
        cast.application,
        operation(),
        outcome="refused",
        status=403,
        problem="insufficient-scope",
        path="/library/v1/books",
        credential=cast.key.credential.public_id,
    )
    page = read(cast.teammate.client, f"/logs/{call.request_id}/")
    assert "The key is valid but lacks the scope" in words(page)
    assert "Sending the same call again will not help" in words(page)
    assert "Counted nothing" in words(page)
    assert "/library/v1/books" in page.partition('id="again"')[2]
    assert cast.key.secret not in page


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"outcome": "unknown", "status": 0}, "nobody knows whether the API carried it out"),
        ({"outcome": "aborted", "status": 200}, "Your client closed the connection"),
        ({"outcome": "refused", "status": 499}, "The API never saw the call"),
        ({"outcome": "answered", "status": 404}, "the API itself answered with this status"),
        ({"outcome": "answered", "status": 500}, "the API itself failed"),
        ({"outcome": "refused", "status": 418, "problem": "of-tomorrow"}, "the API itself answered with this status"),
        ({"outcome": "answered", "status": 200}, "Nothing to mend"),
    ],
)
def test_every_ending_is_put_into_words(cast, values, expected):
    [call] = make_calls(cast.application, operation(), **values)
    assert expected in words(read(cast.owner.client, f"/logs/{call.request_id}/"))


def test_a_call_whose_operation_and_key_are_gone_still_has_its_page(cast):
    [call] = make_calls(cast.application, operation(), credential="key_gone", duration_us=0)
    Call.objects.update(operation="opn_gone", version="ver_gone")
    assert "Took" in words(read(cast.owner.client, f"/logs/{call.request_id}/"))


def test_hostile_calls_stay_text(cast, logs_url):
    hostile = {"path": f"/{HOSTILE}", "method": "<b>", "masked": [HOSTILE], "address": HOSTILE, "problem": HOSTILE}
    [call] = make_calls(cast.application, operation(), status=400, **hostile)
    for address in (logs_url, f"/logs/{call.request_id}/", f"/apps/{cast.application.public_id}/"):
        page = read(cast.owner.client, address)
        assert HOSTILE not in page
        assert "<b>" not in page.partition("<main")[2].partition("</main>")[0].replace("<b class", "")


@pytest.mark.parametrize("name", ["no-such-call", "%00", "x" * 500, "%3Cscript%3E", "..%2f..%2fetc"])
def test_a_call_that_does_not_exist_is_404(cast, name):
    assert cast.owner.client.get(f"/logs/{name}/").status_code == 404


def test_the_log_makes_few_queries_whatever_the_data(cast, logs_url):
    make_calls(cast.application, operation())
    few = queries(cast.owner.client, logs_url)
    make_calls(cast.application, operation(), 400)
    for number in range(20):
        make_key(cast.application, f"Key {number}")
    assert queries(cast.owner.client, logs_url) == few <= 12


def test_the_gateways_share_of_the_time_never_turns_negative(cast):
    [call] = make_calls(cast.application, operation(), duration_us=10, upstream_us=30)
    timing = timing_of(call)
    assert (timing.own_us, timing.upstream_us) == (0, 10)
    assert [part.width for part in timing.parts] == ["100.00%"]


async def body_of(response):
    return b"".join([chunk async for chunk in response.streaming_content])


@pytest.mark.django_db(transaction=True)
class TestExports:
    """Streamed, so asked for as an ASGI server asks."""

    @pytest.fixture
    def client(self, transactional_db):
        self.cast = make_cast()
        self.url = f"/apps/{self.cast.application.public_id}/logs/calls"
        client = AsyncClient()
        client.cookies[django_settings.SESSION_COOKIE_NAME] = self.cast.owner.client.session.session_key
        return client

    @pytest.fixture(autouse=True)
    async def _no_connection_outlives_its_test(self):
        yield
        await sync_to_async(connections.close_all)()

    def make(self, count=1, **values):
        return make_calls(self.cast.application, operation(), count, **values)

    async def export(self, client, form, query=""):
        return await body_of(await client.get(f"{self.url}.{form}{query}"))

    async def test_ndjson_holds_every_call_that_fits_oldest_first(self, client):
        now = timezone.now()
        await sync_to_async(self.make)(1100, at=now)
        [old] = await sync_to_async(self.make)(at=now - timedelta(hours=3), status=404)
        lines = [json.loads(line) for line in (await self.export(client, "ndjson")).splitlines()]
        assert len(lines) == 1101
        assert lines[0]["request_id"] == old.request_id
        assert len((await self.export(client, "ndjson", "?status=404")).splitlines()) == 1

    async def test_csv_has_a_head_and_no_cell_that_is_a_formula(self, client):
        await sync_to_async(self.make)(user_agent='=HYPERLINK("http://evil.example")', path='/a,"b"\n', masked=["$.a"])
        [row] = list(csv.DictReader(io.StringIO((await self.export(client, "csv")).decode(), newline="")))
        assert row["user_agent"].startswith("'=")
        assert row["path"] == '/a,"b"\n'
        assert row["masked"] == "$.a"

    async def test_an_empty_export_is_a_head_or_nothing(self, client):
        assert (await self.export(client, "csv")).startswith(b"request_id,time,")
        assert await self.export(client, "ndjson") == b""

    async def test_the_answer_is_a_download_that_nobody_keeps(self, client):
        response = await client.get(f"{self.url}.csv")
        assert response.headers["Content-Disposition"] == 'attachment; filename="calls.csv"'
        assert response.headers["Cache-Control"] == "no-store"
        await body_of(response)

    async def test_a_wrong_filter_exports_nothing(self, client):
        response = await client.get(f"{self.url}.csv?status=x")
        assert response.status_code == 422
        assert (await client.get(f"{self.url}.xml")).status_code == 404

    async def test_a_removed_application_exports_nothing(self, client):
        await Application.objects.filter(pk=self.cast.application.pk).aupdate(status="removed")
        assert (await client.get(f"{self.url}.csv")).status_code == 404
