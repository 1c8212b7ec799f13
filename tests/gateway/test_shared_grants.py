"""Keys of one application share what was made of its records; what concerns one key alone stays its own."""

import gc

from contract.records import Application, Credential, Operation, Secret
from tests.gateway.rig import Rig


def ask_line(key: str) -> tuple[str, str]:
    return "GET /clinic/v1/secret HTTP/1.1", f"Authorization: Bearer {key}"


def forget(rig: Rig, kind: str, record_id: str) -> None:
    """What the feed does when a record has changed."""
    rig.cache.drop((kind, record_id), 2)


async def test_scopes_are_those_of_the_key_and_not_of_the_key_before_it() -> None:
    rig = Rig()
    unscoped = rig.scene.new_key()
    assert (await rig.ask(*ask_line(rig.key))).statuses == [200]
    assert (await rig.ask(*ask_line(unscoped))).statuses == [403]
    assert (await rig.ask(*ask_line(rig.key))).statuses == [200]


async def test_an_application_that_ends_takes_all_of_its_keys_along() -> None:
    rig = Rig()
    keys = [rig.key, rig.scene.new_key(scopes=("secrets:read",))]
    assert [(await rig.ask(*ask_line(key))).statuses for key in keys] == [[200], [200]]
    rig.memory.publish("application", "app", Application("app", "org", status="suspended"))
    forget(rig, "application", "app")
    assert [(await rig.ask(*ask_line(key))).statuses for key in keys] == [[401], [401]]


async def test_an_operation_that_changes_is_read_anew_by_every_key() -> None:
    rig = Rig()
    keys = [rig.key, rig.scene.new_key(scopes=("secrets:read",))]
    assert [(await rig.ask(*ask_line(key))).statuses for key in keys] == [[200], [200]]
    rig.memory.publish("operation", "op_secret", Operation("op_secret", "ver1", "GET", "/secret", "other:read"))
    forget(rig, "operation", "op_secret")
    assert [(await rig.ask(*ask_line(key))).statuses for key in keys] == [[404], [404]]


async def test_a_key_that_ends_leaves_its_sibling_alone() -> None:
    rig = Rig()
    sibling = rig.scene.new_key(scopes=("secrets:read",))
    assert [(await rig.ask(*ask_line(key))).statuses for key in (rig.key, sibling)] == [[200], [200]]
    credential = rig.key[-8:]
    rig.memory.publish("credential", credential, Credential(credential, "app", "live", status="revoked"))
    forget(rig, "credential", credential)
    assert [(await rig.ask(*ask_line(key))).statuses for key in (rig.key, sibling)] == [[401], [200]]


def test_records_leave_nothing_for_the_garbage_collector() -> None:
    """Many thousands of them are kept, and walking them would cost every call a little."""
    assert not any(gc.is_tracked(one) for one in (Secret("c"), Application("a", "o"), Credential("c", "a", "live")))
