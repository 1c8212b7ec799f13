"""Two restrictions that are applied at the same moment are not more than gateways hold."""

from functools import partial

import pytest

from restrictions import writes
from restrictions.models import Restriction
from tests.cast import make_cast
from tests.racing import race
from tests.restrictions.making import make_record, make_restriction

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_for_the_last_place_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    make_cast()
    for number in range(5):
        monkeypatch.setattr(writes, "RESTRICTIONS_MAX", number + 1)
        steps = [partial(make_restriction, make_record(networks=(f"203.0.{number}.{each}/32",))) for each in (1, 2)]
        assert race(*steps) == 1
        assert Restriction.objects.count() == number + 1
