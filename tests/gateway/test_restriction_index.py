"""The index finds what a plain search through all restrictions finds, and looks at few of them."""

import os
import random
from ipaddress import ip_address, ip_network

import pytest

from contract.records import Restriction
from contract.restrictions import Facts
from gateway import restriction_index
from gateway.restriction_index import RestrictionIndex

CHANGES = 20_000 if os.environ.get("PROVE") == "1" else 1_000
AXES = ("organisation", "application", "credential", "user", "plan", "api", "version", "operation", "scope")
NETWORKS = ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "192.0.2.7/32", "::ffff:192.0.2.0/120", "2001:db8::/32", "::/0")
ADDRESSES = ("10.1.2.3", "10.9.9.9", "192.0.2.7", "::ffff:10.1.2.3", "2001:db8::1", "fe80::1", "")


def drawn(chance: random.Random, restriction_id: str) -> Restriction:
    """Names few axes of few values, so that many restrictions meet."""
    named = {axis: f"{axis}_{chance.randrange(3)}" for axis in chance.sample(AXES, chance.choice((0, 1, 1, 2, 3)))}
    networks = tuple(chance.choices(NETWORKS, k=chance.choice((0, 0, 1, 3))))
    how = chance.choice(("block", "throttle", "mask", "require"))
    return Restriction(restriction_id, how, "R", networks=networks, **named)


def drawn_facts(chance: random.Random) -> Facts:
    values = {axis: f"{axis}_{chance.randrange(3)}" for axis in AXES}
    if chance.random() < 0.2:
        values.update(operation="", scope="")
    return Facts(**values, address=chance.choice(ADDRESSES), at_ms=0)


def plainly_selects(restriction: Restriction, facts: Facts) -> bool:
    """Written without a look at the code that it judges."""
    for axis in AXES:
        named, value = getattr(restriction, axis), getattr(facts, axis)
        is_any = axis in ("operation", "scope") and restriction.how in ("mask", "require") and facts.operation == ""
        if named and not is_any and named != value:
            return False
    if not restriction.networks:
        return True
    if not facts.address:
        return False
    address = ip_address(facts.address.removeprefix("::ffff:"))
    return any(
        address in ip_network(text.replace("::ffff:192.0.2.0/120", "192.0.2.0/24")) for text in restriction.networks
    )


def test_it_finds_what_a_plain_search_finds_through_every_change() -> None:
    chance = random.Random(11)
    index, standing = RestrictionIndex(), dict[str, Restriction]()
    for _ in range(CHANGES):
        restriction = drawn(chance, f"rst_{chance.randrange(200)}")
        if chance.random() < 0.3:
            index.remove(restriction.id)
            standing.pop(restriction.id, None)
        else:
            index.put(restriction)
            standing[restriction.id] = restriction
        facts = drawn_facts(chance)
        expected = [one for _, one in sorted(standing.items()) if plainly_selects(one, facts)]
        assert list(index.find(facts)) == expected
        assert len(index) == len(standing)
    for restriction_id in list(standing):
        index.remove(restriction_id)
    assert index.find(drawn_facts(chance)) == ()


NAMED = {
    "keys": lambda n: {"credential": f"key_{n}"},
    "networks": lambda n: {"networks": (f"10.{n >> 8}.{n & 255}.0/24",)},
    "one operation for each application": lambda n: {"application": f"app_{n}", "operation": "operation_1"},
    "an operation each of one organisation": lambda n: {"organisation": "organisation_1", "operation": f"opn_{n}"},
    "one network for each plan's scope": lambda n: {"scope": f"scope_{n}", "networks": ("10.0.0.0/8",)},
}


@pytest.mark.parametrize("shape", NAMED)
def test_among_ten_thousand_it_looks_at_few(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    index, looked = RestrictionIndex(), list[str]()
    for number in range(10_000):
        index.put(Restriction(f"rst_{number}", "block", "R", **NAMED[shape](number)))

    def counting(restriction: Restriction, facts: Facts) -> bool:
        looked.append(restriction.id)
        return bool(restriction)

    monkeypatch.setattr(restriction_index, "selects", counting)
    values = {axis: f"{axis}_1" for axis in AXES}
    index.find(Facts(**{**values, "credential": "key_77", "application": "app_8"}, address="10.0.5.5", at_ms=0))
    assert len(looked) <= 3
