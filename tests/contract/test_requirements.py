"""What a condition asks of a call: every part by itself, windows through both turns of the clock, and closed where
nothing can be read."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from contract.records import Requirement, Window
from contract.requirement_words import public_words
from contract.requirements import named, next_turn_ms, unmet, windows_between
from contract.restrictions import Facts

FACTS = Facts("org", "app", "key", "usr", "pln", "192.0.2.7", "api", "ver", "opn", "read", 0, "developer", True)
HOUR, DAY = 3_600_000, 86_400_000
EVERY_DAY, WORKDAYS = tuple(range(7)), tuple(range(5))
BERLIN = "Europe/Berlin"


def ms(text: str, zone: str = "UTC", fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


def within(windows: tuple[Window, ...], zone: str = BERLIN) -> Requirement:
    return Requirement(windows=windows, timezone=zone)


OFFICE = within((Window(WORKDAYS, 8 * 60, 18 * 60),))
EARLY = within((Window(EVERY_DAY, 2 * 60, 3 * 60),))


@pytest.mark.parametrize(
    ("networks", "address", "is_met"),
    [
        (("192.0.2.0/24",), "192.0.2.7", True),
        (("10.0.0.0/8", "192.0.2.7/32"), "192.0.2.7", True),
        (("192.0.2.8/32",), "192.0.2.7", False),
        (("192.0.2.0/24",), "::ffff:192.0.2.7", True),
        (("::ffff:192.0.2.0/120",), "192.0.2.7", True),
        (("2001:db8::/32",), "2001:db8::1", True),
        (("::/0",), "192.0.2.7", False),
        (("nonsense", "192.0.2.0/33"), "192.0.2.7", False),
        (("nonsense", "192.0.2.0/24"), "192.0.2.7", True),
        (("0.0.0.0/0", "::/0"), "", False),
        (("0.0.0.0/0", "::/0"), "no address", False),
    ],
)
def test_any_network_will_do_and_what_cannot_be_read_will_not(
    networks: tuple[str, ...], address: str, is_met: bool
) -> None:
    assert unmet(Requirement(networks=networks), FACTS._replace(address=address)) == (() if is_met else ("networks",))


def test_a_role_and_a_bound_token_are_what_the_call_has_now() -> None:
    owners, bound = Requirement(roles=("owner", "billing")), Requirement(dpop=True)
    assert [unmet(owners, FACTS._replace(role=role)) for role in ("owner", "billing")] == [(), ()]
    assert [unmet(owners, FACTS._replace(role=role)) for role in ("developer", "")] == [("roles",)] * 2
    assert unmet(Requirement(roles=("",)), FACTS._replace(role="")) == ("roles",)
    assert (unmet(bound, FACTS), unmet(bound, FACTS._replace(is_bound=False))) == ((), ("dpop",))


def test_all_parts_that_are_named_must_hold_and_each_is_told() -> None:
    every = Requirement(("10.0.0.0/8",), True, ("owner",), (Window(EVERY_DAY, 60, 120),))
    assert named(every) == unmet(every, FACTS._replace(is_bound=False)) == ("networks", "dpop", "roles", "windows")
    assert unmet(every, FACTS._replace(address="10.0.0.1", at_ms=HOUR)) == ("roles",)
    assert (named(Requirement()), unmet(Requirement(), FACTS)) == ((), ())


@pytest.mark.parametrize(
    ("requirement", "at_ms", "is_open"),
    [
        (OFFICE, ms("2026-03-02T08:00", BERLIN), True),
        (OFFICE, ms("2026-03-02T08:00", BERLIN) - 1, False),
        (OFFICE, ms("2026-03-02T18:00", BERLIN) - 1, True),
        (OFFICE, ms("2026-03-02T18:00", BERLIN), False),
        (OFFICE, ms("2026-03-06T12:00", BERLIN), True),
        (OFFICE, ms("2026-03-07T12:00", BERLIN), False),
        (OFFICE, ms("2026-07-01T06:30"), True),
        (OFFICE, ms("2026-01-07T06:30"), False),
        (EARLY, ms("2026-03-29T00:59"), False),
        (EARLY, ms("2026-03-29T01:00"), False),
        (EARLY, ms("2026-10-25T02:30", BERLIN), True),
        (EARLY, ms("2026-10-25T02:30", BERLIN, fold=1), True),
        (EARLY, ms("2026-10-25T02:00"), False),
        (within((Window((6,), 0, 1440),), "UTC"), ms("2026-03-02T00:00") - 1, True),
        (within((Window((6,), 0, 1440),), "UTC"), ms("2026-03-02T00:00"), False),
        (within((Window((6,), 0, 1440),), "Pacific/Auckland"), ms("2026-03-01T11:00") - 1, True),
        (within((Window(EVERY_DAY, 600, 600),)), ms("2026-03-02T10:00", BERLIN), False),
        (within((Window(EVERY_DAY, 0, 1440),), "Nowhere/Land"), 0, False),
        (within((Window(EVERY_DAY, 0, 1440),), "../../etc/passwd"), 0, False),
        (within((Window(EVERY_DAY, 0, 1440),), "Europe"), 0, False),
        (within((Window(EVERY_DAY, 0, 1440),), ""), 0, False),
    ],
)
def test_a_window_is_open_by_the_clock_on_the_wall(requirement: Requirement, at_ms: int, is_open: bool) -> None:
    assert unmet(requirement, FACTS._replace(at_ms=at_ms)) == (() if is_open else ("windows",))
    assert bool(windows_between(requirement, at_ms, at_ms + 1)) == is_open


@pytest.mark.parametrize(
    ("requirement", "since_ms", "until_ms", "hours"),
    [
        (EARLY, ms("2026-03-29T00:00"), ms("2026-03-30T00:00"), []),
        (EARLY, ms("2026-10-25T00:00"), ms("2026-10-26T00:00"), [(0, 2)]),
        (OFFICE, ms("2026-03-06T12:00"), ms("2026-03-09T12:00"), [(0, 5), (67, 72)]),
        (within((Window((0,), 1200, 1440), Window((1,), 0, 60))), ms("2026-03-02"), ms("2026-03-04"), [(19, 24)]),
        (within((Window(EVERY_DAY, 0, 1440),)), ms("2026-03-28T12:00"), ms("2026-03-30T12:00"), [(0, 48)]),
        (within((Window(EVERY_DAY, -5, 9999),)), ms("2026-03-28T12:00"), ms("2026-03-30T12:00"), [(0, 48)]),
        (within((Window((9,), 0, 1440),)), 0, 14 * DAY, []),
        (Requirement(dpop=True), 0, DAY, [(0, 24)]),
        (OFFICE, ms("2026-03-02T12:00"), ms("2026-03-02T12:00"), []),
    ],
)  # fmt: skip
def test_spans_of_utc_say_when_windows_are_open(
    requirement: Requirement, since_ms: int, until_ms: int, hours: list[tuple[int, int]]
) -> None:
    spans = windows_between(requirement, since_ms, until_ms)
    assert [((start - since_ms) // HOUR, (end - since_ms) // HOUR) for start, end in spans] == hours


@pytest.mark.parametrize("zone", [BERLIN, "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC"])
@pytest.mark.parametrize("day", ["2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2011-12-29"])
def test_spans_turns_and_moments_agree_through_every_turn_of_the_clock(zone: str, day: str) -> None:
    requirement = within((Window((5, 6, 0), 90, 150), Window((3, 6), 0, 45), Window((2,), 1400, 1440)), zone)
    since_ms = ms(f"{day}T00:00")
    spans = windows_between(requirement, since_ms, since_ms + 3 * DAY)
    for at_ms in range(since_ms, since_ms + 3 * DAY, 15 * 60_000):
        for moment in (at_ms - 1, at_ms) if at_ms > since_ms else (at_ms,):
            is_open = not unmet(requirement, FACTS._replace(at_ms=moment))
            assert any(start <= moment < end for start, end in spans) == is_open
    for edge in [edge for span in spans for edge in span if edge > since_ms]:
        assert next_turn_ms(requirement, edge - 1) == edge


def test_the_next_turn_is_when_a_window_opens_or_closes() -> None:
    monday = ms("2026-03-02T12:00", BERLIN)
    assert next_turn_ms(OFFICE, monday) == ms("2026-03-02T18:00", BERLIN)
    assert next_turn_ms(OFFICE, ms("2026-03-06T18:00", BERLIN)) == ms("2026-03-09T08:00", BERLIN)
    assert next_turn_ms(Requirement(dpop=True), monday) is None
    never_turns = next_turn_ms(within((Window(EVERY_DAY, 0, 1440),)), monday)
    assert never_turns is not None
    assert monday + 7 * DAY <= never_turns <= monday + 8 * DAY


def test_public_words_say_what_is_needed_and_no_address() -> None:
    windows = (Window(WORKDAYS, 480, 1080), Window((5, 6), 600, 1440))
    every = Requirement(("203.0.113.0/24",), True, ("owner", "developer"), windows, BERLIN)
    assert public_words(every) == [
        "a call from an allowed network",
        "a token bound to the caller's key (DPoP)",
        "a credential made by an Owner or a Developer",
        "Monday to Friday 08:00–18:00, Saturday, Sunday 10:00–24:00 Europe/Berlin",
    ]
    assert public_words(every, ("dpop",)) == ["a token bound to the caller's key (DPoP)"]
