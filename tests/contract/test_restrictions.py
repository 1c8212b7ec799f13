"""Whom a restriction concerns: every axis exactly its calls, from its start until before its end."""

import pytest

from contract.problems import PROBLEMS
from contract.records import Restriction
from contract.restrictions import REFUSED_BEFORE, Facts, matches, selects

FACTS = Facts("org_1", "app_1", "key_1", "usr_1", "pln_1", "192.0.2.7", "api_1", "ver_1", "opn_1", "read", 1000)
AXES = ("organisation", "application", "credential", "user", "plan", "api", "version", "operation", "scope")


def restriction(how: str = "block", **facts: object) -> Restriction:
    return Restriction("rst_1", how, "R-1", **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("axis", AXES)
def test_an_axis_holds_for_its_own_value_and_no_other(axis: str) -> None:
    named = restriction(**{axis: getattr(FACTS, axis)})
    assert matches(named, FACTS)
    assert not matches(named, FACTS._replace(**{axis: "another"}))
    assert not matches(named, FACTS._replace(**{axis: ""}))


def test_all_axes_that_are_named_must_hold() -> None:
    whole = restriction(**{axis: getattr(FACTS, axis) for axis in AXES}, networks=("192.0.2.0/24",))
    assert matches(whole, FACTS)
    for axis in AXES:
        assert not matches(whole, FACTS._replace(**{axis: "another"}))
    assert not matches(whole, FACTS._replace(address="192.0.3.7"))


def test_one_that_names_nothing_concerns_everybody() -> None:
    assert matches(restriction(), FACTS)
    assert matches(restriction(), Facts(*[""] * 10, 0))


@pytest.mark.parametrize(
    ("networks", "address", "holds"),
    [
        (("192.0.2.7/32",), "192.0.2.7", True),
        (("192.0.2.7/32",), "192.0.2.8", False),
        (("10.0.0.0/8", "192.0.2.0/24"), "192.0.2.255", True),
        (("192.0.2.0/24",), "::ffff:192.0.2.9", True),
        (("::ffff:192.0.2.0/120",), "192.0.2.9", True),
        (("::ffff:0:0/95",), "192.0.2.9", False),
        (("2001:db8::/32",), "2001:db8:ffff::1", True),
        (("2001:db8::/32",), "2001:db9::1", False),
        (("0.0.0.0/0",), "2001:db8::1", False),
        (("192.0.2.99/24",), "192.0.2.1", True),
        (("192.0.2.0/24",), "", False),
        (("0.0.0.0/0", "::/0"), "no address", False),
        (("nonsense",), "192.0.2.1", True),
        (("192.0.2.0/33", "10.0.0.0/8"), "203.0.113.1", True),
    ],
)
def test_any_of_its_networks_holds_and_one_that_cannot_be_read_holds_all(
    networks: tuple[str, ...], address: str, holds: bool
) -> None:
    assert matches(restriction(networks=networks), FACTS._replace(address=address)) == holds


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [
        (None, None, True),
        (1000, None, True),
        (1001, None, False),
        (None, 1001, True),
        (None, 1000, False),
        (1000, 1001, True),
        (1000, 1000, False),
        (2000, 500, False),
    ],
)
def test_it_is_in_force_from_its_start_until_before_its_end(starts: int | None, ends: int | None, holds: bool) -> None:
    timed = restriction(starts_at_ms=starts, ends_at_ms=ends)
    assert matches(timed, FACTS) == holds
    assert selects(timed, FACTS)


@pytest.mark.parametrize(("how", "holds"), [("block", False), ("throttle", False), ("mask", True), ("require", True)])
def test_an_undocumented_path_is_under_the_masks_and_requirements_of_every_operation_of_its_version(
    how: str, holds: bool
) -> None:
    shadow = FACTS._replace(operation="", scope="")
    for axis in ("operation", "scope"):
        named = restriction(how, version="ver_1", **{axis: "any"})
        assert matches(named, shadow) == holds
        assert not matches(named, shadow._replace(version="ver_2"))
        assert not matches(named, FACTS)


def test_what_comes_before_restrictions_are_problems_that_exist() -> None:
    assert PROBLEMS.keys() >= REFUSED_BEFORE
    assert not REFUSED_BEFORE & {"restricted", "invalid", "rate-limited", "quota-exceeded", "unavailable"}
