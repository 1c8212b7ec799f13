"""A code or a refresh token that is used twice at once: one gets tokens, and they end when the other comes. 3 races, or
100 with PROVE=1."""

import os
from collections.abc import Callable

import pytest
from django.http import HttpResponse

from keys.models import AccessToken, RefreshToken
from tests.cast import make_cast
from tests.portal.oauth.asking import Asking, make_client
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
RACES = 100 if os.environ.get("PROVE") else 3


def both(act: Callable[[], HttpResponse]) -> list[int]:
    """The statuses of the same request sent twice at once."""
    statuses: list[int] = []
    race(*[lambda: statuses.append(act().status_code)] * 2)
    return sorted(statuses)


def test_of_two_uses_at_once_one_wins_and_nothing_of_it_lasts() -> None:
    cast = make_cast()
    asking = Asking(make_client(cast))
    for _ in range(RACES):
        code = asking.code(cast.stranger.client)
        assert both(lambda code=code: asking.redeem(code)) == [200, 400]  # type: ignore[misc]
        assert not RefreshToken.objects.filter(revoked=None).exists()
        first = asking.redeem(asking.code(cast.stranger.client)).json()["refresh_token"]
        assert both(lambda token=first: asking.refresh(token)) == [200, 400]  # type: ignore[misc]
        assert not RefreshToken.objects.filter(revoked=None).exists()
        assert not AccessToken.objects.filter(revoked_at=None).exists()
