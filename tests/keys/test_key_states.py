"""Suspending, changing, narrowing and reminding: who may do what to a key, and what comes of it."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from analytics.models import OperationUse
from audit.writing import Conflict
from keys.changes import change_key
from keys.expiry import due_reminder
from keys.inventory import in_state, used
from keys.models import Credential, ScopeGrant, Side
from keys.narrowing import held_scopes, narrow_key, undo_narrowing, undoable_narrowing
from keys.records import build_credential
from keys.reminders import send_reminders
from keys.suspension import resume_key, suspend_key
from keys.writes import revoke_key
from notices.models import Letter
from plans.writes import set_plan
from tests.cast import Cast
from tests.factories import ACTOR, make_key

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def age(cast: Cast, days: int = 40) -> None:
    """The key and its scopes are that old."""
    then = timezone.now() - days * DAY
    Credential.objects.filter(pk=cast.key.credential.pk).update(created_at=then)
    ScopeGrant.objects.filter(credential=cast.key.credential).update(granted_at=then)


def use(cast: Cast, method: str, at: datetime) -> None:
    operation = cast.version.operations.get(method=method, path="/books")
    OperationUse.objects.create(credential=cast.key.credential.public_id, operation=operation.public_id, last_at=at)


def test_what_staff_suspended_its_team_cannot_resume(cast: Cast) -> None:
    key = cast.key.credential
    suspend_key(key, Side.TEAM, actor=ACTOR)
    suspend_key(key, Side.STAFF, actor=ACTOR, reason="Odd calls")
    suspend_key(key, Side.TEAM, actor=ACTOR)
    with pytest.raises(ValidationError, match="Staff suspended"):
        resume_key(key, Side.TEAM, actor=ACTOR)
    record = build_credential(key.public_id)
    assert record
    assert record.status == "suspended"
    resume_key(key, Side.STAFF, actor=ACTOR)
    assert (key.status, key.suspended_by) == ("active", "")


def test_a_revoked_key_is_neither_suspended_nor_resumed(cast: Cast) -> None:
    revoke_key(cast.key.credential, actor=ACTOR)
    for act in (suspend_key, resume_key):
        with pytest.raises(ValidationError, match="revoked"):
            act(cast.key.credential, Side.STAFF, actor=ACTOR)


def test_a_key_is_narrowed_freely_and_widened_within_the_plan_only(cast: Cast) -> None:
    key = cast.key.credential
    set_plan("starter", actor=ACTOR, scopes=["books:read"])
    change_key(key, actor=ACTOR, scopes=["books:write"], networks=["203.0.113.7"], lifetime=7 * DAY)
    assert (key.scopes, key.networks) == (["books:write"], ["203.0.113.7/32"])
    assert key.expires_at - timezone.now() < 7 * DAY
    change_key(key, actor=ACTOR, scopes=["books:read"])
    with pytest.raises(ValidationError, match="no scope books:write"):
        change_key(key, actor=ACTOR, scopes=["books:read", "books:write"])
    assert [grant.scope for grant in key.grants.all()] == ["books:read"]


def test_an_expired_key_is_not_revived_by_a_change(cast: Cast) -> None:
    Credential.objects.filter(pk=cast.key.credential.pk).update(expires_at=timezone.now())
    with pytest.raises(ValidationError, match="rotate it"):
        change_key(cast.key.credential, actor=ACTOR, lifetime=DAY)


def test_scopes_that_no_call_needed_for_thirty_days_are_taken_away_and_given_back(cast: Cast) -> None:
    key, now = cast.key.credential, timezone.now()
    over = Credential.objects.filter(used("over", now))
    assert not over, "a new key had no time to use its scopes"
    age(cast)
    use(cast, "GET", now - DAY)
    assert [(held.scope, held.is_unused) for held in held_scopes(key, now)] == [
        ("books:read", False),
        ("books:write", True),
    ]
    assert list(over.all()) == [key]
    narrow_key(key, ["books:write"], actor=ACTOR)
    assert key.scopes == ["books:read"]
    assert not over.all()
    assert undoable_narrowing(key, now) == ["books:read", "books:write"]
    undo_narrowing(key, actor=ACTOR)
    assert key.scopes == ["books:read", "books:write"]
    with pytest.raises(Conflict):
        undo_narrowing(key, actor=ACTOR)


def test_a_scope_that_was_used_since_is_not_taken_away(cast: Cast) -> None:
    age(cast)
    use(cast, "POST", timezone.now())
    with pytest.raises(Conflict):
        narrow_key(cast.key.credential, ["books:write"], actor=ACTOR)
    with pytest.raises(ValidationError, match="in use"):
        narrow_key(cast.key.credential, [], actor=ACTOR)


def test_the_inventory_tells_keys_by_what_is_the_matter_with_them(cast: Cast) -> None:
    def names(state: str) -> list[str]:
        return sorted(Credential.objects.filter(in_state(state, now), pk__in=ours).values_list("name", flat=True))

    now = timezone.now()
    soon = make_key(cast.application, "Soon", expires_at=now + DAY).credential
    quiet = make_key(cast.application, "Quarantined").credential
    Credential.objects.filter(pk=quiet.pk).update(quarantined_to=[])
    ended = make_key(cast.application, "Ended").credential
    Credential.objects.filter(pk=ended.pk).update(expires_at=now)
    ours = [soon.pk, quiet.pk, ended.pk]
    found = {state: names(state) for state in ("active", "expiring", "expired", "quarantined", "suspended", "nonsense")}
    assert found == {
        "active": ["Soon"],
        "expiring": ["Soon"],
        "expired": ["Ended"],
        "quarantined": ["Quarantined"],
        "suspended": [],
        "nonsense": [],
    }


@pytest.mark.parametrize(
    ("left", "due"), [(15 * DAY, None), (14 * DAY, 14), (4 * DAY, 14), (3 * DAY, 3), (timedelta(0), 0), (-DAY, 0)]
)
def test_the_last_reminder_whose_time_has_come_is_due(left: timedelta, due: int | None) -> None:
    now = timezone.now()
    assert due_reminder(now + left, now) == due


def test_each_reminder_is_posted_once_and_none_that_a_short_life_says_by_itself(cast: Cast) -> None:
    short = make_key(cast.application, "Short", expires_at=timezone.now() + 2 * DAY).credential
    assert send_reminders() == 0
    for left, number in ((13 * DAY, 1), (12 * DAY, 1), (2 * DAY, 2), (-DAY, 3), (-2 * DAY, 3)):
        Credential.objects.filter(pk=cast.key.credential.pk).update(expires_at=timezone.now() + left)
        send_reminders()
        assert send_reminders() == 0
        assert Letter.objects.count() == number
    assert Letter.objects.last().subject.startswith("A key of Reader has expired")  # type: ignore[union-attr]
    assert short.name not in " ".join(Letter.objects.values_list("subject", flat=True))
    change_key(short, actor=ACTOR, lifetime=30 * DAY)
    assert short.reminded_days is None


def test_nobody_is_reminded_of_keys_that_cannot_be_used(cast: Cast) -> None:
    Credential.objects.update(expires_at=timezone.now() + DAY)
    suspend_key(cast.key.credential, Side.TEAM, actor=ACTOR)
    revoke_key(cast.strangers_key.credential, actor=ACTOR)
    assert send_reminders() == 0
