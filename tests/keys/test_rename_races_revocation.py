"""A rename racing a revocation: the key never ends published as active. 60 races, or 1,000 with PROVE=1."""

import os
import threading
from collections.abc import Callable

import pytest
import redis
from django.db import connection

from audit.models import PublishedRecord
from audit.publishing import sweep
from audit.writing import record_event, write
from contract import valkey_keys
from contract.records import decode_record
from keys.models import Credential
from keys.writes import rename_key, revoke_key
from plans.models import Plan
from plans.writes import set_limits
from tests.factories import ACTOR, make_application, make_key, make_organisation, make_person, make_plan, make_version
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
RACES = 1000 if os.environ.get("PROVE") else 60


@pytest.fixture
def credential() -> Credential:
    version = make_version()
    plan = make_plan("starter", version)
    organisation = make_organisation(make_person("owner@bindery.example"))
    return make_key(make_application(organisation, plan, version.api)).credential


def published_status(client: redis.Redis, credential: Credential) -> str:
    text = client.get(valkey_keys.record("credential", credential.public_id))
    assert isinstance(text, bytes)
    return str(decode_record("credential", text).body.status)


def test_the_key_never_ends_published_as_active(credential: Credential, valkey_client: redis.Redis) -> None:
    for number in range(RACES):
        Credential.objects.filter(pk=credential.pk).update(status="active", revoked_at=None)
        stale, fresh = Credential.objects.get(pk=credential.pk), Credential.objects.get(pk=credential.pk)
        went = race(
            lambda stale=stale, number=number: rename_key(stale, f"Race {number}", actor=ACTOR),  # type: ignore[misc]
            lambda fresh=fresh: revoke_key(fresh, actor=ACTOR),  # type: ignore[misc]
        )
        assert went == 2
        credential.refresh_from_db()
        assert (credential.status, credential.name) == ("revoked", f"Race {number}")
        assert published_status(valkey_client, credential) == "revoked"
    record = PublishedRecord.objects.get(kind="credential", record_id=credential.public_id)
    assert (record.version, record.published_version) == (1 + 2 * RACES, 1 + 2 * RACES)
    assert sweep() == 0


def test_versions_of_one_plan_strictly_increase_under_eight_writers(
    credential: Credential, valkey_client: redis.Redis
) -> None:
    plan = Plan.objects.get()
    before = PublishedRecord.objects.get(kind="plan", record_id=plan.public_id).version

    def writer(number: int) -> Callable[[], None]:
        def write() -> None:
            for turn in range(3):
                limit = {"name": "pace", "kind": "rate", "amount": 1 + number * 10 + turn, "period_seconds": 1}
                set_limits(plan, [limit], actor=ACTOR)

        return write

    assert race(*(writer(number) for number in range(8))) == 8
    sweep()
    text = valkey_client.get(valkey_keys.record("plan", plan.public_id))
    record = decode_record("plan", text)  # type: ignore[arg-type]
    assert record.version == before + 24
    assert [limit.amount for limit in record.body.limits] == [limit.amount for limit in plan.limits.all()]
    announced = [
        int(fields[b"v"])
        for _, fields in valkey_client.xrange(valkey_keys.FEED)  # type: ignore[union-attr]
        if fields[b"n"] == f"plan:{plan.public_id}".encode()
    ]
    assert set(announced) >= {before + 24}
    assert max(announced) == before + 24


def test_two_writers_that_touch_the_same_records_in_opposite_order_both_finish(credential: Credential) -> None:
    """Where versions moved as they were touched, each would hold on PostgreSQL what the other waits for."""
    names = [("plan", "pln_a"), ("plan", "pln_b")]
    at_once = 2 if connection.vendor == "postgresql" else 1
    gate = threading.Barrier(at_once, timeout=10)

    @write
    def touch(order: list[tuple[str, str]]) -> None:
        for name in order:
            record_event(ACTOR, "plan.touched", credential, publishes=[name])
            gate.wait()

    assert race(lambda: touch(names), lambda: touch(names[::-1])) == 2
    records = PublishedRecord.objects.filter(record_id__in=["pln_a", "pln_b"])
    assert [record.version for record in records] == [2, 2]
