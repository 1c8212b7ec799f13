"""A version from its first day to its last, as the gateway answers it at each moment, with nothing beside it."""

from email.utils import formatdate

import msgspec
import pytest

from contract.lifecycle import Life, life_of
from contract.records import Api, Brownout, Extension, Operation, Subscription, Version
from gateway.lifecycle import refuse_over
from gateway.refusal import Refused
from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.publishing import Scene
from tests.gateway.rig import Rig
from tests.gateway.waiting import until

DAY_MS = 86_400_000
DEPRECATED_MS = 1_800_000_000_000
BROWNOUT_MS = DEPRECATED_MS + 10 * DAY_MS
SUNSET_MS = DEPRECATED_MS + 30 * DAY_MS
EXTENDED_MS = SUNSET_MS + 14 * DAY_MS
WINDOW = Brownout(BROWNOUT_MS, BROWNOUT_MS + 3_600_000)
API = Api("api1", "clinic", {"v1": "ver1", "v2": "ver2"})
PATH = "/clinic/v1/practitioners"


def version(**changes: object) -> Version:
    return Version("ver1", "api1", "v1", **{"state": "live", "upstream_url": "http://u", **changes})  # type: ignore[arg-type]


def operation(**changes: object) -> Operation:
    return Operation("op", "ver1", "GET", "/", **changes)  # type: ignore[arg-type]


def life(of: Version, operation: Operation | None = None, **extension: object) -> Life | None:
    own = Extension("ver1", **extension)  # type: ignore[arg-type]
    return life_of(API, of, operation, own, "https://g", "https://p")


def refusal(one: Life | None, at_ms: int) -> str:
    """The problem that a call at that moment meets; empty where it is answered."""
    try:
        if one is not None:
            refuse_over(one, at_ms)
    except Refused as refused:
        assert one is not None
        assert not one.is_answering(at_ms)
        return refused.slug
    assert one is None or one.is_answering(at_ms)
    return ""


OLD = version(deprecated_at_ms=DEPRECATED_MS, sunset_at_ms=SUNSET_MS, successor="v2", brownouts=(WINDOW,))


def test_a_live_version_has_nothing_to_say() -> None:
    assert life(version(), operation()) is None
    assert life(version(brownouts=(WINDOW,)), is_exempt=True) is None


def test_headers_name_dates_pages_and_the_successor() -> None:
    said = life(OLD)
    assert said is not None
    assert said.lines.decode().split("\r\n") == [
        "Deprecation: @1800000000",
        "Sunset: Sun, 14 Feb 2027 08:00:00 GMT",
        'Link: <https://p/docs/clinic/v1/>; rel="deprecation"; type="text/html"',
        'Link: <https://p/docs/clinic/v1/>; rel="sunset"; type="text/html"',
        'Link: <https://g/clinic/v2/>; rel="successor-version"',
        "",
    ]
    undated = life(version(state="deprecated"))
    assert undated is not None
    assert undated.lines == b'Link: <https://p/docs/clinic/v1/>; rel="deprecation"; type="text/html"\r\n'
    only_ending = life(version(sunset_at_ms=SUNSET_MS))
    assert only_ending is not None
    assert b"deprecation" not in only_ending.lines


def test_the_edges_of_brownout_and_sunset_are_exact() -> None:
    edges = {
        WINDOW.starts_at_ms - 1: "",
        WINDOW.starts_at_ms: "version-brownout",
        WINDOW.ends_at_ms - 1: "version-brownout",
        WINDOW.ends_at_ms: "",
        SUNSET_MS - 1: "",
        SUNSET_MS: "version-retired",
        EXTENDED_MS: "version-retired",
    }
    assert {at: refusal(life(OLD), at) for at in edges} == edges
    later = {**edges, SUNSET_MS: "", EXTENDED_MS - 1: ""}
    assert {at: refusal(life(OLD, sunset_at_ms=EXTENDED_MS), at) for at in later} == later
    exempt = {at: slug.replace("version-brownout", "") for at, slug in edges.items()}
    assert {at: refusal(life(OLD, is_exempt=True), at) for at in exempt} == exempt


def test_what_is_retired_by_hand_is_over_at_once_but_for_whom_it_was_extended() -> None:
    retired = msgspec.structs.replace(OLD, state="retired")
    assert refusal(life(retired), DEPRECATED_MS) == "version-retired"
    extended = life(retired, sunset_at_ms=EXTENDED_MS)
    assert [refusal(extended, at) for at in (DEPRECATED_MS, EXTENDED_MS - 1, EXTENDED_MS)] == [
        "",
        "",
        "version-retired",
    ]


def test_an_extension_ends_nothing_sooner_and_nothing_that_stays() -> None:
    sooner, endless = life(OLD, sunset_at_ms=DEPRECATED_MS), life(version(), sunset_at_ms=DEPRECATED_MS)
    assert [refusal(sooner, SUNSET_MS - 1), refusal(sooner, SUNSET_MS)] == ["", "version-retired"]
    assert endless is None


def test_an_operation_has_dates_of_its_own_and_the_earlier_ones_count() -> None:
    early = operation(deprecated_at_ms=DEPRECATED_MS - DAY_MS, sunset_at_ms=SUNSET_MS - DAY_MS)
    first = life(OLD, early)
    assert first is not None
    assert first.lines.startswith(b"Deprecation: @1799913600\r\nSunset: Sat, 13 Feb 2027 08:00:00 GMT\r\n")
    assert [refusal(first, SUNSET_MS - DAY_MS - 1), refusal(first, SUNSET_MS - DAY_MS)] == ["", "operation-retired"]
    late = operation(sunset_at_ms=SUNSET_MS + 1)
    assert refusal(life(OLD, late), SUNSET_MS) == "version-retired"
    alone = life(version(), early)
    assert refusal(alone, SUNSET_MS) == "operation-retired"
    extended = life(OLD, early, sunset_at_ms=EXTENDED_MS)
    assert [refusal(extended, SUNSET_MS), refusal(extended, EXTENDED_MS)] == ["", "operation-retired"]


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.memory.publish("api", "clinic", API)
    rig.scene.publish_version(
        **{name: getattr(OLD, name) for name in ("deprecated_at_ms", "sunset_at_ms", "successor", "brownouts")}
    )
    return rig


def extend(rig: Rig, **extension: object) -> str:
    """A key of another application with dates of its own."""
    subscription = Subscription("sub1", "plan1", extensions=(Extension("ver1", **extension),))  # type: ignore[arg-type]
    rig.memory.publish("subscription", "app/api1", subscription)
    return rig.scene.new_key()


async def answer_at(rig: Rig, at_ms: int) -> tuple[int, dict[str, str], dict[str, str]]:
    """Status, header fields by their names, and what the problem says."""
    rig.ledger.now_ms = at_ms
    result = await rig.ask(f"GET {PATH} HTTP/1.1", f"X-API-Key: {rig.key}")
    head, _, body = result.answers.decode().partition("\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    return result.statuses[0], fields, msgspec.json.decode(body) if result.statuses[0] != 200 else {}


async def test_each_moment_of_a_life_has_its_answer(rig: Rig) -> None:
    for at_ms in (DEPRECATED_MS - 1, DEPRECATED_MS, BROWNOUT_MS - 1, WINDOW.ends_at_ms, SUNSET_MS - 1):
        status, fields, _ = await answer_at(rig, at_ms)
        assert (status, fields["Deprecation"]) == (200, f"@{DEPRECATED_MS // 1000}")
        assert fields["Sunset"] == formatdate(SUNSET_MS / 1000, usegmt=True)
    status, fields, told = await answer_at(rig, WINDOW.ends_at_ms - 1500)
    assert (status, fields["Retry-After"], fields["Cache-Control"]) == (410, "2", "no-store")
    assert fields["Sunset"] == formatdate(SUNSET_MS / 1000, usegmt=True)
    assert told["type"] == "https://portal.test/problems/version-brownout/"
    assert (told["ends_at"], told["successor"]) == ("2027-01-25T09:00:00Z", "https://gateway.test/clinic/v2/")
    assert (told["sunset_at"], told["documentation"]) == ("2027-02-14T08:00:00Z", "https://portal.test/docs/clinic/v1/")
    status, fields, told = await answer_at(rig, SUNSET_MS)
    assert (status, "Retry-After" in fields) == (410, False)
    assert told["type"] == "https://portal.test/problems/version-retired/"
    assert (told["sunset_at"], told["successor"]) == ("2027-02-14T08:00:00Z", "https://gateway.test/clinic/v2/")
    assert [row.problem for row in rig.ledger.rows] == [*[""] * 5, "version-brownout", "version-retired"]
    assert [row.at_ms for row in rig.ledger.rows][-2:] == [WINDOW.ends_at_ms - 1500, SUNSET_MS]
    assert rig.ledger.admitted == 5


async def test_each_application_has_its_own_dates(rig: Rig) -> None:
    rig.key = extend(rig, sunset_at_ms=EXTENDED_MS, is_exempt=True)
    for at_ms in (BROWNOUT_MS, SUNSET_MS, EXTENDED_MS - 1):
        status, fields, _ = await answer_at(rig, at_ms)
        assert (status, fields["Sunset"]) == (200, formatdate(EXTENDED_MS / 1000, usegmt=True))
    assert (await answer_at(rig, EXTENDED_MS))[2]["sunset_at"] == "2027-02-28T08:00:00Z"


async def test_an_end_between_decision_and_admission_refuses_and_spends_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.ledger.now_ms = SUNSET_MS - 1
    undone: list[str] = []
    admit = rig.ledger.admit

    def admit_late(slot: int, call_id: str, row: bytes, limits: object) -> object:
        rig.ledger.now_ms = SUNSET_MS
        return admit(slot, call_id, row, limits)

    monkeypatch.setattr(rig.ledger, "admit", admit_late)
    monkeypatch.setattr(rig.ledger, "undo", lambda slot, call_id, *_: undone.append(call_id), raising=False)
    result = await rig.ask(f"GET {PATH} HTTP/1.1", f"X-API-Key: {rig.key}")
    assert (result.statuses, result.received, len(undone)) == ([410], b"", 1)
    (row,) = rig.ledger.rows
    assert f"X-Request-Id: {row.request_id}".encode() in result.answers
    assert row.request_id not in undone, "an id that was undone is admitted no more: undoing may be repeated"


async def test_a_brownout_begins_and_ends_on_valkeys_clock_without_any_worker(
    gateway: GatewayProcess, scene: Scene
) -> None:
    """Each call is judged by the very time that stands in its row, however long this machine stalls."""
    key = scene.new_key()
    now_ms = scene.publisher.now_ms()
    window = Brownout(now_ms + 500, now_ms + 1500)
    scene.publish_version(brownouts=(window,))
    seen: list[tuple[int, str | None]] = []

    async def has_seen_both_sides() -> bool:
        answer = await gateway.get(PATH, key)
        seen.append((answer.status, answer.header("Retry-After")))
        return scene.publisher.now_ms() > window.ends_at_ms + 500 and answer.status == 200

    while not await has_seen_both_sides():
        pass
    await until(lambda: len(scene.publisher.rows()) == len(seen))
    for row in scene.publisher.rows():
        is_inside = window.starts_at_ms <= row.at_ms < window.ends_at_ms
        assert (row.problem, row.outcome) == (("version-brownout", "refused") if is_inside else ("", "answered"))
    assert {retry for status, retry in seen if status == 410} <= {"1"}
