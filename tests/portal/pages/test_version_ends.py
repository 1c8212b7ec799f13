"""What developers read of a version's end: on their own dates, and never of versions that are not open to them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.brownouts import plan_brownout
from catalog.extensions import set_extension
from catalog.life_writes import date_operation, move_version
from catalog.models import Brownout, Version
from tests.cast import Cast
from tests.factories import ACTOR, make_version
from tests.logged import make_call
from tests.portal.pages.reading import queries, read, words

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
DOCS = "/docs/library/v1/"


@pytest.fixture
def ending(cast: Cast) -> Version:
    """It ends in 30 days, has a brownout tomorrow, and both applications have called it."""
    sunset = timezone.now() + 30 * DAY
    version = move_version(cast.version, "deprecated", actor=ACTOR, sunset_at=sunset)
    start = timezone.now() + DAY
    plan_brownout(version, start, start + timedelta(hours=1), actor=ACTOR)
    make_call(cast)
    make_call(cast, application=cast.strangers_application.public_id)
    return version


def test_each_developer_reads_their_own_dates(cast: Cast, ending: Version) -> None:
    assert ending.sunset_at is not None
    own = ending.sunset_at + 20 * DAY
    set_extension(ending, cast.application, sunset_at=own, is_exempt=True, actor=ACTOR)
    for client, ends_at in ((cast.owner.client, own), (cast.stranger.client, ending.sunset_at)):
        home = words(read(client, "/"))
        assert f"Library v1 answers no more from {ends_at.day} {ends_at:%b %Y}" in home
        assert ("A brownout refuses its calls" in home) == (client is cast.stranger.client)
    page, theirs = words(read(cast.owner.client, DOCS)), words(read(cast.stranger.client, DOCS))
    assert "Reader keeps it until" in page
    assert "Not for Reader." in page
    assert "A brownout answers 410 from" in theirs
    assert "Reader" not in theirs
    assert "Theirs made 1 call to it in 7 days" in theirs
    overview = words(read(cast.owner.client, f"/apps/{cast.application.public_id}/"))
    assert f"Library v1 answers no more from {own.day} {own:%b %Y}" in overview


def test_what_has_ended_is_over_but_for_whom_it_was_extended(cast: Cast, ending: Version) -> None:
    assert ending.sunset_at is not None
    set_extension(ending, cast.application, sunset_at=ending.sunset_at + 20 * DAY, is_exempt=False, actor=ACTOR)
    Version.objects.filter(pk=ending.pk).update(sunset_at=timezone.now() - DAY, deprecated_at=timezone.now() - 9 * DAY)
    assert "Critical: Library v1 answers no more" in words(read(cast.stranger.client, "/"))
    assert "Library v1 answers no more from" in words(read(cast.owner.client, "/"))
    assert "v1 answers no more since" in words(read(cast.stranger.client, DOCS))


def test_a_brownout_under_way_and_an_operations_end_are_said(cast: Cast, ending: Version) -> None:
    Brownout.objects.update(starts_at=timezone.now() - timedelta(minutes=5))
    assert "It refuses calls until" in words(read(cast.owner.client, "/"))
    assert "It refuses calls until" in words(read(cast.owner.client, DOCS))
    operation = ending.operations.get(method="POST")
    date_operation(operation, deprecated_at=timezone.now(), sunset_at=timezone.now() + DAY, actor=ACTOR)
    page = words(read(cast.owner.client, f"{DOCS}{operation.anchor}/"))
    assert "This operation answers no more from" in page


def test_the_status_page_names_ends_of_open_versions_only(cast: Cast, ending: Version, client) -> None:
    hidden = make_version("vault")
    move_version(hidden, "deprecated", actor=ACTOR, sunset_at=timezone.now() + DAY)
    page = words(read(client, "/status/"))
    assert "Library v1" in page
    assert "Brownout" in page
    assert "Sunset" in page
    assert "Vault" not in page


def test_the_pages_stay_cheap(cast: Cast, ending: Version) -> None:
    for address in ("/", DOCS, f"{DOCS}{ending.operations.first().anchor}/"):  # type: ignore[union-attr]
        assert queries(cast.owner.client, address) <= 12, address
