"""Rotation: two secrets for a while, one after it, and never two rotations at once."""

from datetime import timedelta
from itertools import product

import pytest
import redis
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Application
from audit.writing import Conflict
from contract import valkey_keys
from contract.records import decode_record
from keys.models import Credential, Secret, SecretState
from keys.rotation import cancel_rotation, end_overlap, extend_overlap, rotation_of, start_rotation
from keys.secret_states import NEXT, next_state
from keys.writes import NewKey, revoke_key
from tests.factories import ACTOR, make_application, make_key, make_organisation, make_person, make_plan, make_version

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def application() -> Application:
    version = make_version()
    return make_application(
        make_organisation(make_person("owner@bindery.example")), make_plan("free", version), version.api
    )


@pytest.fixture
def key(application: Application) -> NewKey:
    return make_key(application)


def states(credential: Credential) -> list[str]:
    """The newest first."""
    return list(credential.secrets.values_list("state", flat=True))


def let_it_pass(credential: Credential) -> None:
    """The overlap is over, and nothing noticed."""
    past = timezone.now() - timedelta(seconds=1)
    credential.secrets.filter(state=SecretState.RETIRING).update(not_after=past)


def expire(credential: Credential) -> None:
    Credential.objects.filter(pk=credential.pk).update(expires_at=timezone.now() - timedelta(hours=1))


def test_the_old_secret_works_for_the_overlap_beside_a_new_one(key: NewKey) -> None:
    made = start_rotation(key.credential, actor=ACTOR, overlap=DAY)
    assert made.secret != key.secret
    assert made.credential == key.credential
    current, retiring = rotation_of(key.credential, timezone.now())
    assert (current.last4, retiring and retiring.last4) == (made.secret[-4:], key.secret[-4:])
    assert retiring
    assert timedelta(hours=23) < retiring.not_after - timezone.now() <= DAY
    let_it_pass(key.credential)
    assert rotation_of(key.credential, timezone.now()).retiring is None


@pytest.mark.django_db(transaction=True)
def test_the_gateways_are_told_of_both_secrets_and_of_the_end(key: NewKey, valkey_client: redis.Redis) -> None:
    def published() -> dict[str, tuple[str, bool]]:
        rows = Secret.objects.filter(credential=key.credential)
        records = {row.public_id: valkey_client.get(valkey_keys.record("secret", row.digest)) for row in rows}
        bodies = [decode_record("secret", text).body for text in records.values()]  # type: ignore[arg-type]
        assert {body.id for body in bodies} == set(records)
        return {body.id: (body.status, body.not_after_ms is not None) for body in bodies}

    old = key.credential.secrets.get().public_id
    start_rotation(key.credential, actor=ACTOR, overlap=DAY)
    new = key.credential.secrets.get(state="current").public_id
    assert published() == {old: ("active", True), new: ("active", False)}
    end_overlap(key.credential, actor=ACTOR)
    assert published() == {old: ("revoked", True), new: ("active", False)}


def test_without_overlap_the_old_secret_ends_at_once(key: NewKey) -> None:
    start_rotation(key.credential, actor=ACTOR, overlap=timedelta(0))
    assert states(key.credential) == ["current", "ended"]


def test_a_second_rotation_waits_for_the_first(key: NewKey) -> None:
    start_rotation(key.credential, actor=ACTOR, overlap=DAY)
    with pytest.raises(Conflict, match="under way"):
        start_rotation(key.credential, actor=ACTOR, overlap=DAY)
    let_it_pass(key.credential)
    start_rotation(key.credential, actor=ACTOR, overlap=DAY)
    assert states(key.credential) == ["current", "retiring", "ended"]


def test_of_two_people_who_rotate_the_same_secret_one_is_told(key: NewKey) -> None:
    seen = key.credential.secrets.get().public_id
    start_rotation(key.credential, actor=ACTOR, overlap=timedelta(0), replaces=seen)
    with pytest.raises(Conflict, match="a moment ago"):
        start_rotation(key.credential, actor=ACTOR, overlap=timedelta(0), replaces=seen)
    assert states(key.credential) == ["current", "ended"]


def test_cancelling_gives_the_old_secret_back_for_good(key: NewKey) -> None:
    start_rotation(key.credential, actor=ACTOR, overlap=DAY)
    cancel_rotation(key.credential, actor=ACTOR)
    current, retiring = rotation_of(key.credential, timezone.now())
    assert (current.last4, current.not_after, retiring) == (key.secret[-4:], None, None)
    assert states(key.credential) == ["ended", "current"]


def test_extending_moves_the_end_and_ending_comes_early(key: NewKey) -> None:
    start_rotation(key.credential, actor=ACTOR, overlap=timedelta(hours=1))
    assert extend_overlap(key.credential, actor=ACTOR, overlap=7 * DAY).not_after > timezone.now() + 6 * DAY
    for overlap in (timedelta(0), timedelta(days=365)):
        with pytest.raises(ValidationError):
            extend_overlap(key.credential, actor=ACTOR, overlap=overlap)
    end_overlap(key.credential, actor=ACTOR)
    assert states(key.credential) == ["current", "ended"]


@pytest.mark.parametrize(
    "step", [end_overlap, cancel_rotation, lambda one, **by: extend_overlap(one, overlap=DAY, **by)]
)
def test_a_rotation_that_is_over_cannot_be_changed(key: NewKey, step) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Conflict):
        step(key.credential, actor=ACTOR)
    start_rotation(key.credential, actor=ACTOR, overlap=DAY)
    let_it_pass(key.credential)
    with pytest.raises(Conflict, match="ended already"):
        step(key.credential, actor=ACTOR)
    assert states(key.credential) == ["current", "retiring"]


def test_a_revoked_key_is_not_rotated_and_revoking_ends_a_rotation(key: NewKey) -> None:
    start_rotation(key.credential, actor=ACTOR, overlap=DAY)
    revoke_key(key.credential, actor=ACTOR)
    for step in (end_overlap, cancel_rotation):
        with pytest.raises(ValidationError, match="revoked"):
            step(key.credential, actor=ACTOR)
    with pytest.raises(ValidationError, match="revoked"):
        start_rotation(key.credential, actor=ACTOR, overlap=DAY)


def test_an_expired_key_needs_a_new_expiry_and_its_old_secret_stays_dead(key: NewKey) -> None:
    expire(key.credential)
    with pytest.raises(ValidationError, match="has expired"):
        start_rotation(key.credential, actor=ACTOR, overlap=DAY)
    assert states(key.credential) == ["current"]
    start_rotation(key.credential, actor=ACTOR, overlap=DAY, expires_at=timezone.now() + 30 * DAY)
    assert states(key.credential) == ["current", "ended"]
    assert key.credential.state == "active"


def test_a_quarantine_is_lifted_with_both_old_secrets_ended_at_once(key: NewKey) -> None:
    start_rotation(key.credential, actor=ACTOR, overlap=DAY)
    Credential.objects.filter(pk=key.credential.pk).update(quarantined_to=["books:read"])
    start_rotation(key.credential, actor=ACTOR, overlap=DAY)
    assert states(key.credential) == ["current", "ended", "ended"]
    assert not key.credential.is_quarantined
    assert key.credential.scopes_in_force == ["books:read", "books:write"]


def test_an_ended_secret_never_comes_back(key: NewKey) -> None:
    steps = ("replace", "replace at once", "extend", "end", "cancel")
    dead = Secret(state=SecretState.ENDED)
    for step in steps:
        with pytest.raises(Conflict):
            next_state(dead, step)  # type: ignore[arg-type]
    assert set(NEXT) <= set(product(SecretState.values, steps))
