"""The Lua scripts against a real Valkey: all limits or none, once however often asked, nothing lost."""

import msgspec
import pytest
import redis

from contract.calls import CallRow, decode_row, encode_row
from contract.records import Limit
from contract.scripts import ADMIT, COMPLETE, REAP, REFUND
from contract.valkey_keys import call_stream, open_calls
from gateway.limits import CompiledLimits
from tests.gateway.publishing import Publisher

FAR = 1 << 50
RATE = Limit("minute", "rate", 5, period_seconds=60)
QUOTA = Limit("day", "quota", 3, window="day")
HELD = Limit("at once", "concurrency", 2)


class Bench:
    """Runs the scripts as a gateway does, for one subscription."""

    def __init__(self, client: redis.Redis, *limits: Limit, cost: int = 1, hold_ms: int = 60_000) -> None:
        self.client = client
        self.limits = CompiledLimits(limits, slot=0, subject="sub:live", cost=cost, anchor_ms=0, hold_ms=hold_ms)

    @property
    def now_ms(self) -> int:
        seconds, microseconds = self.client.time()
        return seconds * 1000 + microseconds // 1000

    def admit(self, *ids: str, not_after_ms: int = FAR, high_water: int = 1000) -> list[list[int]]:
        keys, arguments = [open_calls(0), call_stream(0)], []
        for call_id in ids:
            head, _, tail = row(call_id).partition(b'"at_ms":0')
            keys += self.limits.keys
            arguments += [call_id, head + b'"at_ms":', tail, self.limits.specs(self.now_ms)]
        out = self.client.eval(ADMIT.text, len(keys), *keys, high_water, not_after_ms, *arguments)
        size = 2 + 3 * len(self.limits.keys)
        return [out[at : at + size] for at in range(0, len(out), size)]

    def refund(self, call_id: str, refused_row: bytes = b"") -> int:
        keys = [open_calls(0), call_stream(0), *self.limits.keys]
        return self.client.eval(REFUND.text, len(keys), *keys, call_id, refused_row, self.limits.specs(self.now_ms))

    def complete(self, call_id: str) -> int:
        keys = [open_calls(0), call_stream(0), *self.limits.held]
        return self.client.eval(COMPLETE.text, len(keys), *keys, call_id, row(call_id), len(self.limits.held))

    def reap(self, *alive: str) -> int:
        return self.client.eval(REAP.text, 2, open_calls(0), call_stream(0), "0", 100, *alive)[1]


def row(call_id: str, gateway: str = "gw-1") -> bytes:
    facts = ("org", "app", "cred", "live", gateway, "GET", "/a")
    return encode_row(CallRow(call_id, 0, *facts))


@pytest.fixture
def client(publisher: Publisher) -> redis.Redis:
    return publisher.client


def test_it_opens_a_row_that_is_true_as_it_stands(client: redis.Redis) -> None:
    bench = Bench(client, RATE)
    ((admitted, at_ms, remaining, reset_ms, wait_ms),) = bench.admit("a")
    assert (admitted, remaining, wait_ms) == (1, 4, 0)
    assert 11_900 <= reset_ms <= 12_000
    opened = decode_row(client.hget(open_calls(0), "a"))
    assert (opened.request_id, opened.at_ms, opened.outcome) == ("a", at_ms, "unknown")


def test_it_admits_the_burst_and_no_more(client: redis.Redis) -> None:
    verdicts = Bench(client, RATE).admit(*"abcdefgh")
    assert [verdict[0] for verdict in verdicts] == [1] * 5 + [0] * 3
    assert 11_900 <= verdicts[5][4] <= 12_000


@pytest.mark.parametrize("amount", [1, 7, 1000, 9973])
def test_a_rate_is_exact_whatever_its_amount(client: redis.Redis, amount: int) -> None:
    bench = Bench(client, Limit("r", "rate", amount, period_seconds=86_400))
    ids = [str(number) for number in range(amount + 20)]
    verdicts = [verdict for at in range(0, len(ids), 500) for verdict in bench.admit(*ids[at : at + 500])]
    assert sum(verdict[0] for verdict in verdicts) == amount


def test_a_refused_call_spends_nothing_of_any_limit(client: redis.Redis) -> None:
    bench = Bench(client, RATE, QUOTA, HELD)
    verdicts = bench.admit("a", "b", "c", "d")
    assert [verdict[0] for verdict in verdicts] == [1, 1, 0, 0]
    assert verdicts[3][2] == 3
    assert verdicts[3][5] == 1
    assert client.hlen(open_calls(0)) == 2


def test_a_repeated_admission_spends_once(client: redis.Redis) -> None:
    bench = Bench(client, RATE, QUOTA)
    (first,) = bench.admit("a")
    (again,) = bench.admit("a")
    assert (again[0], again[1]) == (1, first[1])
    assert again[2::3] == first[2::3]


def test_an_id_that_stands_twice_in_a_batch_spends_once(client: redis.Redis) -> None:
    verdicts = Bench(client, RATE, QUOTA).admit("a", "a", "b")
    assert [verdict[0] for verdict in verdicts] == [1, 1, 1]
    assert [verdict[2::3] for verdict in verdicts] == [[4, 2], [4, 2], [3, 1]]
    assert client.hlen(open_calls(0)) == 2


def test_a_batch_leaves_what_its_calls_would_have_left_one_by_one(client: redis.Redis) -> None:
    bench = Bench(client, Limit("slow", "rate", 3, period_seconds=86_400), Limit("month", "quota", 4, window="month"))
    together = bench.admit("a", "b", "c", "d")
    stored = {key: client.get(key) for key in client.keys("*:month*")}
    client.flushall()
    apart = [verdict for call_id in "abcd" for verdict in bench.admit(call_id)]
    assert [(verdict[0], verdict[2], verdict[5]) for verdict in together] == [
        (verdict[0], verdict[2], verdict[5]) for verdict in apart
    ]
    assert stored == {key: client.get(key) for key in client.keys("*:month*")}
    assert set(stored.values()) == {b"3"}


def test_calls_of_one_batch_may_know_a_rate_by_two_plans(client: redis.Redis) -> None:
    """While a plan changes, calls by the old one and by the new one meet in one turn."""
    new = Bench(client, Limit("minute", "rate", 10, period_seconds=60))
    keys, arguments = [open_calls(0), call_stream(0)], []
    for call_id, bench in zip("abcdef", (Bench(client, RATE), new) * 3, strict=True):
        head, _, tail = row(call_id).partition(b'"at_ms":0')
        keys += bench.limits.keys
        arguments += [call_id, head + b'"at_ms":', tail, bench.limits.specs(bench.now_ms)]
    out = client.eval(ADMIT.text, len(keys), *keys, 1000, FAR, *arguments)
    assert out[0::5] == [1] * 6
    ((_, _, remaining, reset_ms, _),) = new.admit("g")
    assert 59_000 <= reset_ms <= 60_000, "three calls of 12 s and four of 6 s"
    assert remaining == 0


def test_a_cost_counts_that_often(client: redis.Redis) -> None:
    assert [verdict[0] for verdict in Bench(client, QUOTA, cost=2).admit("a", "b")] == [1, 0]


def test_a_quota_counter_outlives_its_window(client: redis.Redis) -> None:
    bench = Bench(client, QUOTA)
    bench.admit("a")
    (counter,) = client.keys(bench.limits.keys[0] + ":*")
    assert client.get(counter) == b"1"
    assert client.pttl(counter) > 2 * 86_400_000


def test_a_changed_rate_keeps_the_time_owed(client: redis.Redis) -> None:
    Bench(client, RATE).admit(*"abcde")
    verdicts = Bench(client, Limit("minute", "rate", 60, period_seconds=60)).admit("x")
    assert verdicts[0][0] == 0
    assert client.ttl(Bench(client, RATE).limits.keys[0]) <= 121


def test_a_refund_gives_back_all_of_it(client: redis.Redis) -> None:
    bench = Bench(client, RATE, QUOTA, HELD)
    bench.admit("a", "b")
    assert bench.refund("b", row("b")) == 1
    (verdict,) = bench.admit("c")
    assert (verdict[0], verdict[2], verdict[5], verdict[8]) == (1, 3, 1, 0)
    assert [decode_row(fields[b"r"]).request_id for _, fields in client.xrange(call_stream(0))] == ["b"]


def test_a_refund_of_what_was_never_admitted_does_nothing(client: redis.Redis) -> None:
    bench = Bench(client, QUOTA)
    bench.admit("a")
    assert (bench.refund("b", row("b")), bench.refund("a"), bench.refund("a")) == (0, 1, 0)
    assert client.xlen(call_stream(0)) == 0


def test_completing_twice_writes_one_row(client: redis.Redis) -> None:
    bench = Bench(client, HELD)
    bench.admit("a", "b")
    assert (bench.complete("a"), bench.complete("a")) == (1, 0)
    assert [verdict[0] for verdict in bench.admit("c", "d")] == [1, 0]
    assert client.xlen(call_stream(0)) == 1


def test_concurrency_heals_when_nobody_completes(client: redis.Redis) -> None:
    Bench(client, HELD, hold_ms=-1).admit("a", "b")
    assert [verdict[0] for verdict in Bench(client, HELD).admit("c")] == [1]


def test_it_reaps_dead_gateways_only_and_completes_nothing_after(client: redis.Redis) -> None:
    old = encode_row(msgspec.structs.replace(decode_row(row("a", "gw-dead")), at_ms=1))
    client.hset(open_calls(0), mapping={"a": old, "b": encode_row(decode_row(row("b", "gw-alive")))})
    bench = Bench(client)
    assert bench.reap("gw-alive") == 1
    assert bench.complete("a") == 0
    (entry,) = client.xrange(call_stream(0))
    assert decode_row(entry[1][b"r"]).outcome == "unknown"


def test_it_leaves_young_calls_of_gateways_that_it_does_not_know_yet(client: redis.Redis) -> None:
    bench = Bench(client)
    bench.admit("a")
    assert bench.reap() == 0
    assert client.hexists(open_calls(0), "a")


def test_it_admits_nothing_late_or_above_the_high_water_mark(client: redis.Redis) -> None:
    bench = Bench(client, RATE)
    with pytest.raises(redis.ResponseError, match="LATE"):
        bench.admit("a", not_after_ms=bench.now_ms - 1)
    client.xadd(call_stream(0), {"r": "x"})
    with pytest.raises(redis.ResponseError, match="FULL"):
        bench.admit("a", high_water=1)
    assert client.hlen(open_calls(0)) == 0
