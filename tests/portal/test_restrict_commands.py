"""Operators restrict, look and lift from a terminal."""

import json

import pytest
from django.utils import timezone

from audit.models import Event
from contract.records import Requirement, Window
from restrictions.models import Restriction
from restrictions.records import record_of
from tests.cast import Cast
from tests.portal.commanding import database_state, run
from tests.restrictions.making import log_call

pytestmark = pytest.mark.django_db


def test_a_restriction_is_applied_and_lifted_by_its_reference(cast: Cast) -> None:
    stub = str(cast.key.credential.secrets.get()).replace("…", "...")
    done = run("restrict", "block", "--key", stub, "--reason", "floods", "--for", "4h", "--json")
    assert done.status == 0, done.err
    made = Restriction.objects.get()
    assert json.loads(done.out)["reference"] == made.reference
    assert (made.credential, made.reason) == (cast.key.credential.public_id, "floods")
    assert made.ends_at is not None
    lifted = [run("restriction_lift", made.reference.lower(), "--reason", "mended") for _ in range(2)]
    assert [each.status for each in lifted] == [0, 0]
    assert "was lifted before" in lifted[1].out
    assert Event.objects.filter(action="restriction.lifted").count() == 1


def test_a_condition_is_applied_as_it_is_told(cast: Cast) -> None:
    asked = ("--role", "owner", "--window", "mon,tue 08:00-18:00", "--timezone", "Europe/Berlin", "--reason", "nights")
    done = run("restrict", "require", "--scope", "books:read", *asked)
    assert done.status == 0, done.err
    assert "Require a credential made by an Owner and Monday, Tuesday 08:00–18:00 Europe/Berlin for" in done.out
    assert record_of(Restriction.objects.get()).requirement == Requirement(
        roles=("owner",), windows=(Window((0, 1), 480, 1080),), timezone="Europe/Berlin"
    )


def test_looking_counts_and_changes_nothing(cast: Cast) -> None:
    log_call(cast, timezone.now())
    before = database_state()
    options = {"block": [], "throttle": ["--calls", "5"], "mask": ["--field", "$.email"], "require": ["--dpop"]}
    for how, more in options.items():
        done = run("restrict", how, "--scope", "books:read", *more, "--preview", "--json")
        assert done.status == 0, done.err
        facts = json.loads(done.out)
        assert (facts["keys"], facts["calls_24h"]) == (1, 1)
        assert facts["changed_1h"] == (0 if how == "throttle" else 1)
    assert database_state() == before
