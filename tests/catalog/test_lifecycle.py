"""The life of a version as people steer it: the table, its needs, undo, extensions, brownouts and letters."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Event, PublishedRecord
from audit.writing import Conflict
from catalog.brownouts import check_window, end_brownout, plan_brownout, predicted_failures, same_hours_before
from catalog.extensions import set_extension
from catalog.life_writes import date_operation, last_move, move_version, undo_move
from catalog.lifecycle import MOVES, check_move, phase_at
from catalog.models import Brownout, State, Told, Version
from catalog.records import build_operation, build_version
from catalog.telling import tell
from catalog.writes import import_document, set_version
from contract.records import Brownout as Window
from contract.records import Extension
from notices.models import Letter
from plans.records import build_subscription
from tests.cast import Cast
from tests.factories import ACTOR, DOCUMENT, make_version
from tests.logged import make_call

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_every_state_leads_on_and_back() -> None:
    for before, after in MOVES:
        assert before == after or (after, before) in MOVES
    assert {before for before, _ in MOVES} == set(State)
    with pytest.raises(ValidationError, match="draft does not become retired"):
        check_move("draft", "retired")


@pytest.fixture
def version(db: None) -> Version:
    return make_version()


@pytest.mark.parametrize(
    ("state", "deprecated", "sunset", "phases"),
    [
        ("draft", -1, 1, "draft draft draft"),
        ("live", None, None, "live live live"),
        ("live", 0, 1, "live deprecated sunset"),
        ("deprecated", 0, 1, "live deprecated sunset"),
        ("deprecated", None, None, "deprecated deprecated deprecated"),
        ("retired", 0, 1, "sunset sunset sunset"),
    ],
)
def test_the_phase_follows_the_dates_by_itself(
    state: str, deprecated: int | None, sunset: int | None, phases: str
) -> None:
    version = Version(
        state=state,
        deprecated_at=None if deprecated is None else NOW + deprecated * DAY,
        sunset_at=None if sunset is None else NOW + sunset * DAY,
    )
    moments = [NOW - timedelta(microseconds=1), NOW, NOW + DAY]
    last = NOW + 2 * DAY
    assert [phase_at(version, at, in_brownout=False, last_end=last) for at in moments] == phases.split()
    if version.standing_at(NOW) == State.DEPRECATED:
        assert phase_at(version, NOW, in_brownout=True, last_end=None) == "brownout"
    if state == "retired":
        assert phase_at(version, last, in_brownout=False, last_end=last) == "retired"


def test_what_is_still_called_is_retired_only_by_its_name_and_comes_back_as_it_was(version: Version) -> None:
    sunset = timezone.now() + 30 * DAY
    move_version(version, "deprecated", actor=ACTOR, sunset_at=sunset, reason="v2 is there")
    before = Version.objects.values("state", "deprecated_at", "sunset_at", "successor").get()
    with pytest.raises(ValidationError, match="Type its name"):
        move_version(version, "retired", actor=ACTOR, calls=3, typed="v2")
    assert Version.objects.values("state", "deprecated_at", "sunset_at", "successor").get() == before
    move_version(version, "retired", actor=ACTOR, calls=3, typed="v1")
    retired = Version.objects.get()
    assert retired.state == "retired"
    assert retired.sunset_at is not None
    assert retired.sunset_at <= timezone.now()
    act = last_move(version)
    assert act is not None
    undo_move(version, act.public_id, actor=ACTOR)
    assert Version.objects.values("state", "deprecated_at", "sunset_at", "successor").get() == before
    with pytest.raises(Conflict):
        undo_move(version, act.public_id, actor=ACTOR)
    redo = last_move(version)
    assert redo is not None
    undo_move(version, redo.public_id, actor=ACTOR)
    assert Version.objects.get().state == "retired"


def test_an_undo_does_not_overwrite_what_was_changed_since(version: Version) -> None:
    move_version(version, "deprecated", actor=ACTOR)
    act = last_move(version)
    assert act is not None
    set_version(version.api, "v1", actor=ACTOR, sunset_at=timezone.now() + DAY)
    move_again = Version.objects.get()
    set_version(version.api, "v1", actor=ACTOR, deprecated_at=move_again.deprecated_at - DAY)  # type: ignore[operator]
    with pytest.raises(Conflict):
        undo_move(version, act.public_id, actor=ACTOR)


def test_dates_are_published_with_the_version_and_its_operations(version: Version) -> None:
    start = timezone.now().replace(microsecond=0) + DAY
    move_version(version, "deprecated", actor=ACTOR, sunset_at=start + 30 * DAY)
    planned = plan_brownout(version, start, start + HOUR, actor=ACTOR)
    record = build_version(version.public_id)
    assert record is not None
    start_ms = round(start.timestamp() * 1000)
    assert record.brownouts == (Window(start_ms, start_ms + 3_600_000),)
    assert record.sunset_at_ms == start_ms + 30 * 86_400_000
    end_brownout(planned, actor=ACTOR)
    cancelled = build_version(version.public_id)
    assert cancelled is not None
    assert cancelled.brownouts == ()
    with pytest.raises(Conflict, match="cancelled already"):
        end_brownout(planned, actor=ACTOR)
    operation = version.operations.first()
    assert operation is not None
    date_operation(operation, deprecated_at=start, sunset_at=start + DAY, actor=ACTOR)
    dated = build_operation(operation.public_id)
    assert dated is not None
    assert (dated.deprecated_at_ms, dated.sunset_at_ms) == (start_ms, start_ms + 86_400_000)


def test_a_documents_flag_dates_an_operation_once_and_takes_the_date_back(version: Version) -> None:
    flagged = DOCUMENT.replace("operationId: addBook", "operationId: addBook\n      deprecated: true")
    import_document(version, flagged, actor=ACTOR)
    first = version.operations.get(method="POST").deprecated_at
    assert first is not None
    import_document(version, flagged, actor=ACTOR)
    assert version.operations.get(method="POST").deprecated_at == first
    assert version.operations.get(method="GET", path="/books").deprecated_at is None
    import_document(version, DOCUMENT, actor=ACTOR)
    assert version.operations.get(method="POST").deprecated_at is None


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (-2 * HOUR, HOUR, "lies behind"),
        (DAY, DAY, "after its start"),
        (DAY, 2 * DAY + HOUR, "at most 24 hours"),
        (10 * DAY - HOUR, 10 * DAY + HOUR, "sunset comes before"),
        (2 * DAY + HOUR, 2 * DAY + 2 * HOUR, "Another brownout"),
    ],
)
def test_it_rejects_a_window_that_makes_no_sense(
    version: Version, start: timedelta, end: timedelta, words: str
) -> None:
    now = timezone.now()
    with pytest.raises(ValidationError, match="Deprecate it first"):
        check_window(version, now + DAY, now + DAY + HOUR, now)
    version = move_version(version, "deprecated", actor=ACTOR, sunset_at=now + 10 * DAY)
    plan_brownout(version, now + 2 * DAY, now + 2 * DAY + 2 * HOUR, actor=ACTOR)
    with pytest.raises(ValidationError, match=words):
        plan_brownout(version, now + start, now + end, actor=ACTOR)
    assert Brownout.objects.count() == 1


def test_a_prediction_looks_at_the_same_hours_of_the_last_week_that_is_over() -> None:
    week = timedelta(days=7)
    for ahead, weeks in ((HOUR, 1), (week - HOUR, 1), (week, 2), (3 * week - HOUR, 3), (-HOUR, 1)):
        start, end = NOW + ahead, NOW + ahead + HOUR
        first, last = same_hours_before(start, end, NOW)
        assert (first, last) == (start - weeks * week, end - weeks * week)
        assert last <= NOW


def test_predicted_are_the_answered_calls_of_all_that_are_not_exempt(cast: Cast) -> None:
    move_version(cast.version, "deprecated", actor=ACTOR)
    now = timezone.now()
    start, end, week = now + DAY, now + DAY + HOUR, timedelta(days=7)
    theirs = cast.strangers_application.public_id
    for at, application, outcome in (
        (start - week, theirs, "answered"),
        (end - week - timedelta(seconds=1), theirs, "answered"),
        (end - week, theirs, "answered"),
        (start - week, theirs, "refused"),
        (start - week, cast.application.public_id, "answered"),
    ):
        make_call(cast, at=at, application=application, outcome=outcome)
    own = cast.application.public_id
    assert predicted_failures(cast.version, start, end, now) == {theirs: 2, own: 1}
    set_extension(cast.version, cast.application, sunset_at=None, is_exempt=True, actor=ACTOR)
    assert plan_brownout(cast.version, start, end, actor=ACTOR).predicted_calls == 2


def test_an_extension_stands_in_the_subscription_of_its_application_only(cast: Cast) -> None:
    version, api = cast.version, cast.version.api
    sunset = timezone.now().replace(microsecond=0) + 10 * DAY
    move_version(version, "deprecated", actor=ACTOR, sunset_at=sunset)
    with pytest.raises(ValidationError, match="no later than for everybody"):
        set_extension(version, cast.application, sunset_at=sunset, is_exempt=False, actor=ACTOR)
    set_extension(version, cast.application, sunset_at=sunset + DAY, is_exempt=True, actor=ACTOR)
    name = f"{cast.application.public_id}/{api.public_id}"
    own, other = build_subscription(name), build_subscription(f"{cast.strangers_application.public_id}/{api.public_id}")
    assert own is not None
    assert other is not None
    ends_ms = round((sunset + DAY).timestamp() * 1000)
    assert (own.extensions, other.extensions) == ((Extension(version.public_id, ends_ms, True),), ())
    published = PublishedRecord.objects.get(kind="subscription", record_id=name).version
    set_extension(version, cast.application, sunset_at=None, is_exempt=False, actor=ACTOR)
    taken_back = build_subscription(name)
    assert taken_back is not None
    assert taken_back.extensions == ()
    assert PublishedRecord.objects.get(kind="subscription", record_id=name).version == published + 1


def test_owners_and_developers_are_told_once_an_hour_with_their_own_date(cast: Cast) -> None:
    sunset = timezone.now() + 10 * DAY
    version = move_version(cast.version, "deprecated", actor=ACTOR, sunset_at=sunset)
    set_extension(version, cast.application, sunset_at=sunset + 20 * DAY, is_exempt=False, actor=ACTOR)
    own, theirs = cast.application.public_id, cast.strangers_application.public_id
    assert tell(version, {own: 1204, theirs: 1, "app_gone": 5}, actor=ACTOR) == 2
    letters = {letter.to: letter for letter in Letter.objects.filter(kind="version_ends")}
    assert set(letters) == {cast.owner.user.email, cast.stranger.user.email}
    assert "1204 calls" in letters[cast.owner.user.email].body
    assert f"{sunset + 20 * DAY:%Y}" in letters[cast.owner.user.email].subject
    assert letters[cast.owner.user.email].subject != letters[cast.stranger.user.email].subject
    with pytest.raises(ValidationError, match="Nobody is left"):
        tell(version, {own: 1204, theirs: 1}, actor=ACTOR)
    Told.objects.update(at=timezone.now() - 2 * HOUR)
    assert tell(version, {theirs: 1}, actor=ACTOR) == 1
    assert Letter.objects.latest("id").subject.startswith("Reminder: ")
    assert Event.objects.filter(action="version.told").count() == 2
