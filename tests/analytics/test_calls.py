"""Reading the call log: pages that new calls never shift, filters that say what is wrong, few queries."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict

from analytics.calls import calls_of, facets_of, last_call_at
from analytics.export import FIELDS, ndjson_lines
from analytics.filters import CallFilters, parse_filters
from analytics.models import Call
from analytics.percentiles import percentile_ms
from analytics.usage import usage_24h
from contract.calls import CallRow
from keys.models import Credential
from tests.factories import make_application, make_key, make_organisation, make_person, make_plan, make_version

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


def make_calls(*rows: dict[str, Any]) -> None:
    fixed = {
        "organisation": "org_1",
        "application": "app_1",
        "credential": "key_1",
        "environment": "test",
        "gateway": "gw",
        "method": "GET",
        "path": "/a",
        "outcome": "answered",
        "status": 200,
        "duration_us": 1000,
        "at": NOW,
    }
    number = Call.objects.count()
    Call.objects.bulk_create(Call(request_id=f"r{number + n}", **{**fixed, **row}) for n, row in enumerate(rows))


def ids(calls: list[Call]) -> list[str]:
    return [call.request_id for call in calls]


def read(query: str) -> CallFilters:
    return parse_filters(QueryDict(query).dict(), NOW)


def test_pages_follow_on_one_another_also_where_moments_are_equal() -> None:
    make_calls(*({"at": NOW - timedelta(milliseconds=n // 3)} for n in range(20)))
    seen, cursor = [], ""
    while True:
        page = calls_of(["app_1"], CallFilters(), cursor=cursor, limit=7)
        seen += ids(page.calls)
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == ids(list(Call.objects.order_by("-at", "-id")))
    assert len(set(seen)) == 20


def test_a_new_call_shifts_no_page() -> None:
    make_calls(*({"at": NOW - timedelta(seconds=n)} for n in range(10)))
    first = calls_of(["app_1"], CallFilters(), limit=5)
    make_calls({"at": NOW + timedelta(seconds=1)})
    second = calls_of(["app_1"], CallFilters(), cursor=first.next_cursor, limit=5)
    assert ids(first.calls + second.calls) == [f"r{n}" for n in range(10)]


def test_a_full_last_page_has_no_next() -> None:
    make_calls({}, {})
    assert calls_of(["app_1"], CallFilters(), limit=2).next_cursor == ""


def test_calls_of_others_are_never_among_them() -> None:
    make_calls({}, {"application": "app_2"}, {"application": "app_3"})
    assert ids(calls_of(["app_1"], CallFilters()).calls) == ["r0"]
    assert len(calls_of(["app_1", "app_3"], CallFilters()).calls) == 2
    assert calls_of([], CallFilters()).calls == []
    assert len(calls_of(None, CallFilters()).calls) == 3


@pytest.mark.parametrize(
    "cursor", ["x", "====", "é", "MS4", base64.urlsafe_b64encode(b"1." + b"9" * 30).decode(), "A" * 5000]
)
def test_it_rejects_a_cursor_that_is_none_of_ours(cursor: str) -> None:
    with pytest.raises(ValidationError, match="begin at the newest"):
        calls_of(["app_1"], CallFilters(), cursor=cursor)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=4xx", ["r1"]),
        ("status=200", ["r0", "r2"]),
        ("status=404", []),
        ("outcome=refused", ["r1"]),
        ("method=post", ["r2"]),
        ("key=key_2", ["r2"]),
        ("operation=opn_1", ["r0"]),
        ("environment=live", ["r1"]),
        ("address=2001:DB8::0:1", ["r1"]),
        ("min_ms=2", ["r2"]),
        ("request_id=r1", ["r1"]),
        ("secret=sec_2", ["r2"]),
        ("restriction=R-7K2M9Q", ["r0", "r1"]),
        ("range=1h", ["r0", "r1"]),
        ("since=2026-11-22T12:30:00Z", ["r0", "r1"]),
        ("until=2026-11-22T12:30:00Z", ["r2"]),
        ("since=2026-11-22T13:30:00%2B01:00", ["r0", "r1"]),
        ("since=2026-11-22", ["r0", "r1"]),
        ("page=7&utm_source=x", ["r0", "r1", "r2"]),
    ],
)
def test_filters_choose(query: str, found: list[str]) -> None:
    make_calls(
        {"operation": "opn_1", "restriction": "R-AAAA22 R-7K2M9Q"},
        {
            "status": 403,
            "outcome": "refused",
            "environment": "live",
            "address": "2001:db8::1",
            "restriction": "R-7K2M9Q",
        },
        {
            "method": "POST",
            "credential": "key_2",
            "duration_us": 2500,
            "at": NOW - timedelta(hours=13),
            "secret": "sec_2",
        },
    )
    assert sorted(ids(calls_of(["app_1"], read(query)).calls)) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("range=2y", "range"),
        ("range=1h&since=2026-01-01", "range"),
        ("since=yesterday", "since"),
        ("since=0001-01-01T00:00:00%2B14:00", "since"),
        ("until=2026-13-01", "until"),
        ("since=2026-02-01&until=2026-01-01", "until"),
        ("status=6xx", "status"),
        ("status=2x", "status"),
        ("status=-1", "status"),
        ("outcome=good", "outcome"),
        ("method=GET%20/", "method"),
        ("operation=%27%20OR%201=1", "operation"),
        ("version=" + "x" * 65, "version"),
        ("key=%00", "key"),
        ("address=localhost", "address"),
        ("min_ms=-5", "min_ms"),
        ("min_ms=1e3", "min_ms"),
        ("min_ms=99999999999999999999", "min_ms"),
        ("request_id=<b>", "request_id"),
        ("restriction=%25", "restriction"),
        ("environment=prod", "environment"),
    ],
)
def test_it_rejects_a_filter_that_is_none_and_names_the_field(query: str, field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read(query)
    assert list(caught.value.message_dict) == [field]


def test_every_wrong_filter_is_named_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        read("status=x&method=1&min_ms=x")
    assert caught.value.message_dict.keys() == {"status", "method", "min_ms"}


def test_counts_say_what_another_choice_would_show() -> None:
    make_calls({}, {}, {"status": 404}, {"status": 503, "outcome": "failed"})
    facets = facets_of(["app_1"], CallFilters(status="4xx"))
    assert (facets.total, facets.statuses["2xx"], facets.statuses["404"], facets.statuses["5xx"]) == (1, 2, 1, 1)
    assert facets.outcomes == {"answered": 1}
    assert facets_of(["app_1"], CallFilters(outcome="failed")).statuses == {"5xx": 1, "503": 1}


def test_usage_counts_the_last_24_hours_by_hour() -> None:
    make_calls(
        {"duration_us": 1000},
        {"duration_us": 3000},
        {"outcome": "refused", "status": 429, "duration_us": 9000},
        {"outcome": "withheld", "status": 502, "at": NOW - timedelta(hours=23)},
        {"at": NOW - timedelta(hours=24)},
    )
    usage = usage_24h("app_1", NOW)
    assert len(usage.hours) == 24
    assert usage.hours[-1] == (NOW.replace(minute=0), 2, 1, 0)
    assert usage.hours[0].failed == 1
    assert (usage.median_ms, usage.p95_ms) == (1.0, 3.0)
    assert usage_24h("app_2", NOW).median_ms is None


@pytest.mark.parametrize(("percent", "milliseconds"), [(50, 2.0), (95, 4.0), (1, 1.0), (100, 4.0)])
def test_percentiles_are_of_the_nearest_rank(percent: int, milliseconds: float) -> None:
    assert percentile_ms([1000, 2000, 3000, 4000], percent) == milliseconds


def test_reads_take_at_most_two_queries(django_assert_num_queries: Any) -> None:
    make_calls(*({} for _ in range(60)))
    with django_assert_num_queries(1):
        calls_of(["app_1"], read("range=24h&status=2xx"))
    with django_assert_num_queries(1):
        facets_of(["app_1"], CallFilters())
    with django_assert_num_queries(2):
        usage_24h("app_1", NOW)


def test_keys_know_when_they_called_last_in_one_query(django_assert_num_queries: Any) -> None:
    version = make_version()
    plan = make_plan("starter", version)
    application = make_application(make_organisation(make_person("owner@bindery.example")), plan, version.api)
    used, unused = make_key(application).credential, make_key(application).credential
    make_calls({"credential": used.public_id, "at": NOW - timedelta(hours=1)}, {"credential": used.public_id})
    with django_assert_num_queries(1):
        rows = dict(Credential.objects.annotate(last_used_at=last_call_at()).values_list("pk", "last_used_at"))
    assert rows == {used.pk: NOW, unused.pk: None}


def test_an_export_line_has_every_fact_of_a_row_under_its_name() -> None:
    renamed = {"at_ms": "time", "shadow": "is_shadow", "invalid": "is_invalid"}
    assert {renamed.get(name, name) for name in CallRow.__struct_fields__} - {"user"} == set(FIELDS)
    make_calls({"path": "/ä\n\u2028", "masked": ["$.a"]})
    (line,) = ndjson_lines(None, CallFilters())
    assert line.count(b"\n") == 1
    assert b'"masked":["$.a"]' in line
