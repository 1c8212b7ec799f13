"""Which credential a request carries, who is too eager to guess one, and where a call really comes from."""

import asyncio

import pytest

from contract.key_format import checksum, digest_key
from gateway.address import client_address, client_request_id, network_of, read_networks
from gateway.attempts import Attempts
from gateway.connections import Connections, counted_as
from gateway.credentials import Presented, find_credential, refuse_key_in_query
from gateway.refusal import Refused

PEPPER = b"p" * 40
#: Not minted: it names cases, and every process has to name them alike.
_BODY = "pc_live_" + "Kq7" * 10
KEY = (_BODY + checksum(_BODY)).encode()
FOUND = Presented(digest_key(KEY.decode(), PEPPER), True)
GARBAGE = Presented("", True)


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, Presented("", False)),
        ({b"authorization": b"Bearer " + KEY}, FOUND),
        ({b"authorization": b"bEARER   " + KEY}, FOUND),
        ({b"x-api-key": KEY}, FOUND),
        ({b"x-api-key": KEY, b"authorization": b"Bearer " + KEY}, FOUND),
        ({b"authorization": KEY}, GARBAGE),
        ({b"authorization": b"Basic " + KEY}, GARBAGE),
        ({b"authorization": b"Bearer"}, GARBAGE),
        ({b"authorization": b""}, GARBAGE),
        ({b"authorization": b"Bearer " + KEY[:-1]}, GARBAGE),
        ({b"authorization": b"Bearer " + KEY + b"x"}, GARBAGE),
        ({b"authorization": b"Bearer " + KEY[:-1] + bytes((KEY[-1] ^ 1,))}, GARBAGE),
        ({b"authorization": b"Bearer " + KEY + b", Bearer " + KEY}, GARBAGE),
        ({b"x-api-key": b"' OR '1'='1"}, GARBAGE),
        ({b"x-api-key": b"\xff\xfe"}, GARBAGE),
        ({b"x-api-key": b""}, GARBAGE),
    ],
)
def test_it_finds_the_one_credential(headers: dict[bytes, bytes], found: Presented) -> None:
    assert find_credential(headers, PEPPER) == found


@pytest.mark.parametrize("other", [b"Bearer other", b"Basic x", b"", b"Bearer"])
def test_it_rejects_two_different_ones(other: bytes) -> None:
    with pytest.raises(Refused, match="two-credentials"):
        find_credential({b"authorization": other, b"x-api-key": KEY}, PEPPER)


@pytest.mark.parametrize(
    "query", [b"?key=" + KEY, b"?a=b&" + KEY, b"?access_token=x", b"?a=1&API_KEY=x", b"?apikey=", b"?x=PC_TEST_1"]
)
def test_it_rejects_a_key_in_the_address(query: bytes) -> None:
    with pytest.raises(Refused, match="key-in-query"):
        refuse_key_in_query(query)


@pytest.mark.parametrize("query", [b"", b"?", b"?key=1", b"?my_api_key_name=1", b"?token=1", b"?q=pc_life_"])
def test_other_queries_pass(query: bytes) -> None:
    refuse_key_in_query(query)


class Watch:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def is_let_in(attempts: Attempts, address: str, kind: str = "unknown") -> bool:
    try:
        attempts.take(address, kind)
    except Refused:
        return False
    return True


def test_a_network_has_its_attempts_and_gets_them_back_in_time() -> None:
    watch = Watch()
    attempts = Attempts(6, watch)
    assert [is_let_in(attempts, f"192.0.2.{i}") for i in range(8)] == [True] * 6 + [False] * 2
    assert is_let_in(attempts, "192.0.3.1")
    assert is_let_in(attempts, "192.0.2.1", "malformed")
    watch.seconds += 10
    assert [is_let_in(attempts, "192.0.2.9") for _ in range(2)] == [True, False]
    watch.seconds += 3600
    assert [is_let_in(attempts, "::ffff:192.0.2.9") for _ in range(7)] == [True] * 6 + [False]


def test_it_says_when_to_come_back() -> None:
    attempts = Attempts(2, Watch())
    attempts.take("192.0.2.1", "unknown")
    attempts.take("192.0.2.1", "unknown")
    with pytest.raises(Refused, match="too-many-attempts") as refused:
        attempts.take("192.0.2.1", "unknown")
    assert refused.value.headers == ((b"Retry-After", b"30"),)


def test_good_credentials_cost_nothing() -> None:
    attempts = Attempts(3, Watch())
    for _ in range(100):
        attempts.take("2001:db8::1", "unknown")
        attempts.give_back("2001:db8:0:ffff::2", "unknown")
    assert [is_let_in(attempts, "2001:db8::3") for _ in range(4)] == [True] * 3 + [False]


class Looker:
    """Looks up when told how that ends."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts
        self._ends: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.has_begun = False
        self.task = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        async with self._attempts.look_up("192.0.2.1", "unknown") as look_up:
            self.has_begun = True
            look_up.in_vain = not await self._ends

    async def end(self, is_good: bool) -> None:
        self._ends.set_result(is_good)
        await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_good_credentials_that_come_at_once_wait_for_each_other() -> None:
    """After a restart the keys of one network are all seen for the first time."""
    lookers = [Looker(attempts) for attempts in [Attempts(3, Watch())] * 200]
    await settle()
    assert sum(looker.has_begun for looker in lookers) == 3
    for at, looker in enumerate(lookers):
        assert looker.has_begun, at
        await looker.end(is_good=True)
    assert [looker.task.exception() for looker in lookers] == [None] * 200


async def test_who_waits_is_refused_once_no_token_can_come_back() -> None:
    attempts = Attempts(3, Watch())
    lookers = [Looker(attempts) for _ in range(6)]
    await settle()
    for looker in lookers[:2]:
        await looker.end(is_good=False)
    assert not any(looker.has_begun for looker in lookers[3:])
    await lookers[2].end(is_good=False)
    assert [type(looker.task.exception()) for looker in lookers] == [type(None)] * 3 + [Refused] * 3
    assert not is_let_in(attempts, "192.0.2.1")
    assert not attempts._waiting
    assert not attempts._under_way


async def test_who_leaves_while_waiting_keeps_nobody_from_their_turn() -> None:
    attempts = Attempts(1, Watch())
    first, leaving, last = (Looker(attempts) for _ in range(3))
    await settle()
    leaving.task.cancel()
    await settle()
    await first.end(is_good=True)
    assert last.has_begun
    await last.end(is_good=True)
    assert is_let_in(attempts, "192.0.2.1")
    assert not attempts._waiting


async def test_a_look_up_that_fails_costs_nothing() -> None:
    attempts = Attempts(1, Watch())
    for _ in range(3):
        with pytest.raises(OSError, match="Valkey"):
            async with attempts.look_up("192.0.2.1", "unknown"):
                raise OSError("Valkey")
    assert is_let_in(attempts, "192.0.2.1")


def test_attempts_are_kept_in_bounded_memory() -> None:
    attempts = Attempts(1, Watch())
    for i in range(30_000):
        attempts.take(f"{i >> 8 & 255}.{i & 255}.{i >> 16}.1", "unknown")
    assert len(attempts._full_at) == 20_000


def test_the_address_is_the_nearest_that_is_no_proxy_of_ours() -> None:
    proxies = read_networks(["10.0.0.0/8", "2001:db8::/32"])
    for peer, forwarded, address in (
        ("192.0.2.1", b"203.0.113.9", "192.0.2.1"),
        ("10.0.0.1", b"", "10.0.0.1"),
        ("10.0.0.1", b"203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.1", b"203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", b"1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", b"1.1.1.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("10.0.0.1", b"203.0.113.9, unknown", "10.0.0.1"),
        ("10.0.0.1", b"203.0.113.9:80", "10.0.0.1"),
        ("2001:db8::1", b"10.1.1.1,10.2.2.2", "10.1.1.1"),
        ("10.0.0.1", b"\xff, ,", "10.0.0.1"),
    ):
        assert client_address(peer, forwarded, proxies) == address
    assert client_address("10.0.0.1", b"203.0.113.9", ()) == "10.0.0.1"


def test_strangers_are_known_by_their_network() -> None:
    assert [network_of(text) for text in ("192.0.2.77", "::ffff:192.0.2.1", "2001:db8:1:2::3", "", "x")] == [
        *("192.0.2.0/24", "192.0.2.0/24", "2001:db8:1::/48", "unknown", "unknown")
    ]
    assert (counted_as("192.0.2.7"), counted_as("2001:db8::1"), counted_as("fe80::1%eth0")) == (
        *("192.0.2.7", "2001:db8::/64", "fe80::/64"),
    )


@pytest.mark.parametrize("value", [b"", b"a b", b"a" * 129, b"a\xe9", b'a"b', b"a\tb", KEY, b"<x>"])
def test_an_odd_request_id_is_not_taken_over(value: bytes) -> None:
    assert client_request_id(value) == ""
    assert client_request_id(b"Root=1-67891233-abcdef") == "Root=1-67891233-abcdef"


def test_one_address_has_its_share_of_connections_and_a_proxy_has_no_cap() -> None:
    class Stub:
        def __init__(self, address: str) -> None:
            self.address = address

    connections = Connections(most=5, most_per_address=2, proxies=read_networks(["10.0.0.1/32"]))
    stubs = [Stub(address) for address in ("192.0.2.1", "192.0.2.1", "10.0.0.1", "10.0.0.1", "10.0.0.1", "192.0.2.1")]
    for stub in stubs:
        connections.add(stub)  # type: ignore[arg-type]
    assert connections.is_full()
    assert [connections.is_crowded(address) for address in ("192.0.2.1", "10.0.0.1", "192.0.2.2")] == [
        True,
        False,
        False,
    ]
    for stub in [*stubs, *stubs]:
        connections.discard(stub)  # type: ignore[arg-type]
    assert not connections.is_crowded("192.0.2.1")
    assert (len(connections), connections._by_address) == (0, {})
