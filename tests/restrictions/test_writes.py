"""Restrictions are applied once, lifted, shortened and undone; what gateways hold follows."""

from datetime import timedelta

import pytest
import redis
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.actors import user_actor
from audit.models import Event
from audit.writing import Conflict
from contract import valkey_keys
from contract.masking.rules import MaskRule
from contract.records import Throttle, decode_record
from restrictions import writes
from restrictions.models import Restriction
from restrictions.records import build_restriction
from restrictions.writes import apply_restriction, change_end, last_act, lift_restriction, retire_ended, undo
from tests.cast import Cast
from tests.factories import ACTOR
from tests.restrictions.making import EMAIL, make_record, make_restriction

WHY = "Owner called back"
KEPT = ("ends_at", "lifted_at", "lifted_by", "lift_reason", "how", "networks", "masks")


def state(restriction: Restriction) -> dict[str, object]:
    row = Restriction.objects.get(pk=restriction.pk)
    return {name: getattr(row, name) for name in KEPT} | {"record": build_restriction(row.public_id)}


def undo_last(restriction: Restriction) -> None:
    act = last_act(restriction)
    assert act is not None
    undo(restriction, act.public_id, actor=ACTOR)


@pytest.mark.django_db(transaction=True)
def test_gateways_hold_it_from_applying_to_lifting_and_again_after_undo(cast: Cast, valkey_client: redis.Redis) -> None:
    record = make_record("throttle", application=cast.application.public_id, throttle=Throttle(5, 60, 2))
    made = make_restriction(record, advice="Write to us")

    def held() -> object:
        stored = valkey_client.get(valkey_keys.record("restriction", made.public_id))
        body = decode_record("restriction", stored).body
        is_named = valkey_client.zscore(valkey_keys.RESTRICTIONS, made.public_id) is not None
        assert is_named == (body is not None)
        return body

    first = held()
    assert (first.application, first.throttle, first.advice) == (record.application, record.throttle, "Write to us")
    assert first.reference == made.reference
    lift_restriction(made, actor=ACTOR, reason=WHY)
    assert held() is None
    undo_last(made)
    assert held() == first


def test_undo_restores_the_exact_state_before_each_act(cast: Cast) -> None:
    made = make_restriction(make_record(credential=cast.key.credential.public_id))
    states = [state(made)]
    change_end(made, None, actor=ACTOR, reason=WHY)
    states.append(state(made))
    lift_restriction(made, actor=ACTOR, reason=WHY)
    undo_last(made)
    assert state(made) == states[1]
    undo_last(made)
    assert state(made)["lifted_by"] == ACTOR.kept
    undo_last(made)
    assert state(made) == states[1]
    change_end(made, timezone.now() + timedelta(minutes=3), actor=ACTOR, reason=WHY)
    undo_last(made)
    assert state(made) == states[1]


def test_undoing_the_application_takes_it_out_of_force_and_can_be_undone(cast: Cast) -> None:
    made = make_restriction(make_record(api=cast.version.api.public_id))
    before = state(made)
    undo_last(made)
    assert build_restriction(made.public_id) is None
    assert made.state == "lifted"
    undo_last(made)
    assert state(made) == before


def test_undo_of_what_somebody_changed_since_is_a_conflict(cast: Cast) -> None:
    made = make_restriction(make_record(plan=cast.plan.public_id))
    act = last_act(made)
    assert act is not None
    change_end(made, None, actor=ACTOR, reason=WHY)
    with pytest.raises(Conflict):
        undo(made, act.public_id, actor=ACTOR)
    assert made.state == "active"


def test_who_acted_is_kept_by_id_so_that_they_can_be_forgotten(cast: Cast) -> None:
    who = user_actor(cast.staff.user)
    made = apply_restriction(make_record(api=cast.version.api.public_id), actor=who, reason="Fire")
    lift_restriction(made, actor=who, reason=WHY)
    row = Restriction.objects.get()
    assert (row.created_by, row.lifted_by) == (who.id, who.id)
    assert "@" not in str(Restriction.objects.values().get())


def test_lifting_or_ending_twice_is_a_conflict(cast: Cast) -> None:
    made = make_restriction(make_record(user=cast.owner.user.public_id))
    stale = Restriction.objects.get(pk=made.pk)
    lift_restriction(made, actor=ACTOR, reason=WHY)
    lifted = state(made)
    with pytest.raises(Conflict):
        lift_restriction(stale, actor=ACTOR, reason="Again")
    with pytest.raises(Conflict):
        change_end(stale, None, actor=ACTOR, reason="Again")
    assert state(made) == lifted


def test_the_same_submission_twice_makes_one(cast: Cast) -> None:
    record = make_record(organisation=cast.organisation.public_id)
    made = [make_restriction(record, submission="form-1") for _ in range(2)]
    assert made[0].pk == made[1].pk
    assert Event.objects.filter(action="restriction.applied").count() == 1


def test_it_ends_by_itself_and_that_is_noted_once(cast: Cast) -> None:
    made = make_restriction(make_record(scope="books:read"))
    Restriction.objects.filter(pk=made.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
    made.refresh_from_db()
    assert made.state == "ended"
    assert (retire_ended(), retire_ended()) == (1, 0)
    assert build_restriction(made.public_id) is None
    assert Event.objects.filter(action="restriction.ended", object_id=made.public_id).count() == 1
    assert last_act(made) is None
    with pytest.raises(Conflict):
        lift_restriction(made, actor=ACTOR, reason=WHY)


def test_no_more_than_gateways_hold_are_taken(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writes, "RESTRICTIONS_MAX", 1)
    first = make_restriction(make_record(networks=("203.0.113.0/24",)))
    with pytest.raises(Conflict):
        make_restriction(make_record(networks=("198.51.100.0/24",)))
    lift_restriction(first, actor=ACTOR, reason=WHY)
    second = make_restriction(make_record(networks=("198.51.100.0/24",)))
    with pytest.raises(Conflict):
        undo_last(first)
    assert (first.state, second.state) == ("lifted", "active")


@pytest.mark.parametrize(
    ("how", "axes", "field"),
    [
        ("block", {}, "confirm"),
        ("block", {"networks": ("0.0.0.0/0",)}, "confirm"),
        ("burn", {"api": "API"}, "how"),
        ("block", {"networks": ("10.0.0.1/8",)}, "networks"),
        ("block", {"networks": ("here",)}, "networks"),
        ("block", {"organisation": "org_none"}, "organisation"),
        ("block", {"scope": "books:burn"}, "scope"),
        ("block", {"application": "THEIRS", "credential": "KEY"}, "application"),
        ("block", {"api": "API", "throttle": Throttle(1, 1)}, "amount"),
        ("throttle", {"api": "API"}, "amount"),
        ("throttle", {"api": "API", "throttle": Throttle(0, 1)}, "amount"),
        ("throttle", {"api": "API", "throttle": Throttle(1, 86_401)}, "period_seconds"),
        ("mask", {"api": "API"}, "fields"),
        ("mask", {"api": "API", "masks": (MaskRule("email", "redact"),)}, "fields"),
        ("mask", {"api": "API", "masks": (MaskRule("$.a", "partial"),)}, "fields"),
        ("block", {"api": "API", "masks": (EMAIL,)}, "fields"),
    ],
)
def test_it_rejects_what_could_not_work(cast: Cast, how: str, axes: dict[str, object], field: str) -> None:
    names = {"API": cast.version.api.public_id, "THEIRS": cast.strangers_application.public_id}
    names |= {"KEY": cast.key.credential.public_id}
    record = make_record(how, **{name: names.get(str(value), value) for name, value in axes.items()})
    with pytest.raises(ValidationError) as refused:
        make_restriction(record)
    assert field in refused.value.message_dict
    assert not Restriction.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": " "},
        {"reason": "x" * 501},
        {"advice": "x" * 301},
        {"ends_at": timezone.now()},
        {"starts_at": timezone.now() + timedelta(days=2), "ends_at": timezone.now() + timedelta(days=1)},
    ],
)
def test_it_rejects_no_reason_and_an_end_that_lies_behind(cast: Cast, wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        make_restriction(make_record(api=cast.version.api.public_id), **wrong)
    assert not Restriction.objects.exists()


def test_everyone_is_met_only_when_said_so(cast: Cast) -> None:
    made = apply_restriction(make_record(), actor=ACTOR, reason="Fire", may_be_everyone=True)
    assert (made.state, made.ends_at) == ("active", None)


def test_they_are_never_deleted_and_the_reason_stays_inside(cast: Cast) -> None:
    made = make_restriction(make_record(api=cast.version.api.public_id), reason="Suspected scraping")
    with pytest.raises(TypeError):
        made.delete()
    record = build_restriction(made.public_id)
    assert "scraping" not in repr(record)
    assert Event.objects.get(object_id=made.public_id).organisation == ""
