"""What an application's keys could reach goes by what is answered now, dates and own dates included."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import Extension, Operation, State, Version
from plans.reach import operations_within_plans
from tests.factories import make_application, make_organisation, make_person, make_plan, make_version

pytestmark = pytest.mark.django_db
PAST, FUTURE = timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1)


@pytest.mark.parametrize(
    ("state", "sunset_at", "own", "reached"),
    [
        (State.LIVE, None, None, 3),
        (State.LIVE, FUTURE, None, 3),
        (State.LIVE, PAST, None, 0),
        (State.DEPRECATED, PAST, FUTURE, 3),
        (State.DEPRECATED, PAST, PAST, 0),
        (State.RETIRED, FUTURE, None, 0),
        (State.RETIRED, None, FUTURE, 3),
        (State.DRAFT, None, FUTURE, 0),
    ],
)
def test_a_version_is_reached_until_its_end_for_the_application(state, sunset_at, own, reached):
    version = make_version()
    application = make_application(
        make_organisation(make_person("a@b.example")), make_plan("free", version), version.api
    )
    Version.objects.update(state=state, sunset_at=sunset_at)
    if own:
        Extension.objects.create(version=version, application=application, sunset_at=own)
    assert len(operations_within_plans(application)) == reached


def test_an_operation_that_has_ended_is_not_reached():
    version = make_version()
    application = make_application(
        make_organisation(make_person("a@b.example")), make_plan("free", version), version.api
    )
    Operation.objects.filter(anchor="list-books").update(sunset_at=PAST)
    assert len(operations_within_plans(application)) == 2
