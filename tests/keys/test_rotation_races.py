"""Two rotations at once, and a rotation beside a revocation: one clear outcome each. 8 races, or 200 with PROVE=1."""

import os
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from audit.writing import Conflict
from keys.models import Credential
from keys.rotation import start_rotation
from keys.writes import revoke_key
from tests.cast import make_cast
from tests.factories import ACTOR, make_key
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
RACES = 200 if os.environ.get("PROVE") else 8


@pytest.mark.parametrize("overlap", [timedelta(0), timedelta(hours=1)])
def test_of_two_rotations_at_once_one_wins_and_the_other_is_told(overlap: timedelta) -> None:
    application = make_cast().application
    for _ in range(RACES // 2):
        key = make_key(application).credential
        seen, outcomes = key.secrets.get().public_id, []

        def rotate(pk: int = key.pk, seen: str = seen, outcomes: list[str] = outcomes) -> None:
            try:
                start_rotation(Credential.objects.get(pk=pk), actor=ACTOR, overlap=overlap, replaces=seen)
                outcomes.append("rotated")
            except Conflict:
                outcomes.append("told")

        race(rotate, rotate)
        assert sorted(outcomes) == ["rotated", "told"]
        assert sorted(key.secrets.values_list("state", flat=True)) == ["current", "retiring" if overlap else "ended"]


def test_a_rotation_never_revives_a_key_that_is_revoked_meanwhile() -> None:
    application = make_cast().application
    for _ in range(RACES // 2):
        key = make_key(application).credential

        def rotate(pk: int = key.pk) -> None:
            with suppress(ValidationError):
                start_rotation(Credential.objects.get(pk=pk), actor=ACTOR, overlap=timedelta(hours=1))

        race(rotate, lambda pk=key.pk: revoke_key(Credential.objects.get(pk=pk), actor=ACTOR))  # type: ignore[misc]
        key.refresh_from_db()
        assert key.status == "revoked"
