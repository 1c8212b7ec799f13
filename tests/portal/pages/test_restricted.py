"""What those who are restricted are told: reference and advice, never the reason."""

from datetime import timedelta

import pytest
from django.utils import timezone

from restrictions.models import Restriction
from restrictions.writes import lift_restriction
from tests.cast import Cast
from tests.factories import ACTOR
from tests.portal.pages.reading import read, words
from tests.restrictions.making import log_call, make_record, make_restriction

REASON = "Suspected scraping by a rival"


@pytest.mark.parametrize("axis", ["credential", "application", "organisation"])
def test_the_home_page_says_what_is_restricted_and_what_to_do(cast: Cast, axis: str) -> None:
    named = {
        "credential": (cast.key.credential.public_id, "Key Key is restricted"),
        "application": (cast.application.public_id, "Reader is restricted"),
        "organisation": (cast.organisation.public_id, "Bindery is restricted"),
    }
    public_id, says = named[axis]
    made = make_restriction(make_record(**{axis: public_id}), reason=REASON, advice="Write to security@library.example")
    page = words(read(cast.owner.client, "/"))
    assert f"{says}: {made.reference}" in page
    assert "Write to security@library.example" in page
    assert REASON not in page
    assert made.reference not in words(read(cast.stranger.client, "/"))
    lift_restriction(made, actor=ACTOR, reason="Settled")
    assert made.reference not in words(read(cast.owner.client, "/"))


def test_what_has_ended_or_not_begun_is_not_shown(cast: Cast) -> None:
    now = timezone.now()
    later = make_restriction(
        make_record(application=cast.application.public_id),
        starts_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=2),
    )
    over = make_restriction(make_record(application=cast.application.public_id))
    Restriction.objects.filter(pk=over.pk).update(ends_at=now - timedelta(seconds=1))
    page = read(cast.owner.client, "/")
    assert later.reference not in page
    assert over.reference not in page


def test_a_refused_call_names_the_restriction_and_what_to_do(cast: Cast) -> None:
    made = make_restriction(make_record(api=cast.version.api.public_id), reason=REASON, advice="Write to us")
    values = {"outcome": "refused", "status": 403, "problem": "restricted", "restriction": made.reference}
    call = log_call(cast, timezone.now(), **values)
    page = words(read(cast.owner.client, f"/logs/{call.request_id}/"))
    assert f"{made.reference} Write to us" in page
    assert REASON not in page
    log = read(cast.owner.client, f"/apps/{cast.application.public_id}/logs/")
    assert made.reference in log
