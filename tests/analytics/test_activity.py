"""Counts over several applications at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.activity import hourly_calls, refusals_since, traffic_of_versions
from catalog.models import Operation
from tests.portal.pages.calling import make_calls

pytestmark = pytest.mark.django_db
NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def operation(cast):
    return Operation.objects.get(anchor="list-books")


def test_each_clock_hour_is_counted_apart_and_the_running_one_stands_last(cast, operation):
    mine, theirs = cast.application, cast.strangers_application
    for hours, count in [(0, 2), (1, 3), (23, 1), (24, 5)]:
        make_calls(mine, operation, count, at=NOON - timedelta(hours=hours) + timedelta(minutes=29))
    make_calls(theirs, operation, 4, at=NOON + timedelta(minutes=1))
    hours = hourly_calls([mine.public_id], NOON + timedelta(minutes=30))
    assert hours == {mine.public_id: [1, *[0] * 21, 3, 2]}


def test_an_application_without_calls_has_a_day_of_nothing(cast):
    assert hourly_calls(["app_none"], NOON) == {"app_none": [0] * 24}
    assert hourly_calls([], NOON) == {}


def test_refusals_are_counted_by_cause_the_most_frequent_first(cast, operation):
    mine = cast.application
    make_calls(mine, operation, 1, outcome="refused", problem="insufficient-scope")
    make_calls(mine, operation, 2, outcome="refused", problem="rate-limited")
    make_calls(mine, operation, 3, outcome="refused", problem="rate-limited", at=NOON - timedelta(days=3))
    make_calls(mine, operation, 9)
    rows = refusals_since([mine.public_id], NOON - timedelta(days=1))
    assert [(row.problem, row.calls) for row in rows] == [("rate-limited", 2), ("insufficient-scope", 1)]


def test_traffic_is_that_of_the_versions_asked_for(cast, operation):
    mine, version = cast.application, operation.version
    make_calls(mine, operation, 2, at=NOON)
    make_calls(mine, operation, 1, at=NOON - timedelta(days=9))
    make_calls(mine, operation, 1, version="ver_other")
    make_calls(cast.strangers_application, operation, 1)
    rows = traffic_of_versions([mine.public_id], [version.public_id], NOON - timedelta(days=7))
    assert rows == [(mine.public_id, version.public_id, 2, NOON)]
    assert traffic_of_versions([mine.public_id], [], NOON) == []
