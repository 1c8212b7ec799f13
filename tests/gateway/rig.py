"""The gateway's own code from the client's bytes to the upstream's, without a network and without Valkey.

Only the edges are replaced: transports, the link to Valkey, admission and the log of calls. The upstream reads what
it gets with h11, so that two readers have to agree on each request.
"""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import h11

from contract.calls import CallRow, decode_row
from contract.records import Restriction, encode_record
from contract.settings import Settings
from contract.valkey_keys import EPOCH, record
from gateway.address import read_networks
from gateway.admission import Asked
from gateway.attempts import Attempts
from gateway.call import Call
from gateway.connections import Connections
from gateway.cors import Origins
from gateway.forwarding import Forwarding
from gateway.inbound import ClientConnection, ClientLimits
from gateway.limits import CallLimits
from gateway.log import Log
from gateway.metrics.counters import Counters
from gateway.parts import Parts
from gateway.policy import Policy
from gateway.records_cache import RecordsCache
from gateway.refusal import Refused
from gateway.responding import Responding
from gateway.restrictions import Restrictions
from gateway.routes import Routes
from gateway.serving import Serving
from gateway.tokens.proofs import Proofs
from gateway.upstream import UpstreamConnection, Waits
from gateway.validation.step import Validating
from gateway.verdict import Verdict
from tests.gateway.publishing import PEPPER, Scene
from tests.gateway.wire import FakeTransport

LIMITS = ClientLimits(
    head_max_bytes=4096,
    headers_max=40,
    body_max_bytes=100_000,
    head_seconds=10,
    idle_seconds=75,
    body_seconds=30,
    body_least_bytes_per_second=10_000,
    write_seconds=60,
)
NOW_MS = 1_800_000_000_000
_SPINS_MAX = 2_000


class Seen(NamedTuple):
    """A request as h11 reads it."""

    method: bytes
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def values(self, name: bytes) -> list[bytes]:
        return [value for known, value in self.headers if known == name]


class Memory:
    """Stands for the publisher and for Valkey: records by their key."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {EPOCH: b"e:run"}
        self.up = asyncio.Event()
        self.up.set()
        self.asked = 0
        self.last = ("", "")

    def publish(self, kind: str, record_id: str, body: Any) -> bytes:
        self.last = (kind, record_id)
        self.stored[record(kind, record_id)] = encode_record(1, body)
        return b""

    def open_epoch(self) -> None:
        """The data set is always complete."""

    async def ask_many(self, commands: list[tuple[str, str]]) -> list[bytes | None]:
        self.asked += 1
        return [self.stored.get(key) for _, key in commands]


class Ledger:
    """Stands for admission, completion and the count of strangers."""

    def __init__(self) -> None:
        self.rows: list[CallRow] = []
        self.strangers: list[str] = []
        self.admitted = self.told = self.undone = 0
        self.is_silent = False
        self.waiting: list[Asked] = []
        self.now_ms = NOW_MS
        #: How far Valkey's clock is ahead of the gateway's.
        self.ahead_ms = 0

    def admit(self, slot: int, call_id: str, row: bytes, limits: CallLimits) -> "asyncio.Future[Verdict]":
        self.admitted += 1
        verdict: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        verdict.set_result(self._admit(limits))
        return verdict

    def ask(self, slot: int, asked: Asked) -> None:
        """For plain calls, which are counted in `told`; while it `is_silent` they wait."""
        self.admitted += 1
        self.told += 1
        if self.is_silent:
            self.waiting.append(asked)
            return
        asyncio.get_running_loop().call_soon(asked.take, self._admit(asked.limits))

    def _admit(self, limits: CallLimits) -> Verdict:
        return Verdict(True, self.now_ms + self.ahead_ms, [5, 1000, 0] * len(limits.keys))

    def complete(self, slot: int, call_id: str, row: bytes, held: object) -> None:
        self.rows.append(decode_row(row))

    def undo(self, slot: int, call_id: str, row: bytes, keys: object, specs: bytes) -> None:
        self.undone += 1

    def note_refused(self, slot: int, row: bytes) -> None:
        self.rows.append(decode_row(row))

    def count(self, address: str, reason: str) -> None:
        self.strangers.append(reason)


class StrictLog(Log):
    """Keeps what failed inside."""

    def __init__(self) -> None:
        super().__init__("gw-rig", "ERROR")
        self.crashes: list[BaseException] = []

    def refusal(self, call: Call, refusal: Refused, outcome: str) -> None:
        """Refusals are what the rig is for."""

    def error(self, event: str, request_id: str, error: Exception) -> None:
        self.crashes.append(error)


class RecordingUpstream:
    """One connection at a time, answered after each whole request; `seen` is what h11 read, `broken` why it could not.

    Stands for the pool.
    """

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.received = bytearray()
        self.broken: list[Exception] = []
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

    def acquire_idle(self, upstream: object) -> UpstreamConnection:
        connection = UpstreamConnection(Waits(30, 60, 600))
        reader = Reader()
        connection.connection_made(
            FakeTransport(connection, on_write=lambda data: self._take(connection, reader, data))
        )
        return connection

    def release(self, upstream: object, connection: UpstreamConnection) -> None:
        connection.abort()

    def _take(self, connection: UpstreamConnection, reader: "Reader", data: bytes) -> None:
        self.received += data
        try:
            for seen in reader.feed(data):
                self.seen.append(seen)
                asyncio.get_running_loop().call_soon(connection.data_received, self.answer)
        except h11.RemoteProtocolError as error:
            self.broken.append(error)


class Reader:
    """h11 in a server's place."""

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=65_536)
        self._request: h11.Request | None = None
        self._body = b""
        self.is_between = True

    def feed(self, data: bytes) -> Iterator[Seen]:
        """The requests that are whole with these bytes, as they are found. Raises h11.RemoteProtocolError."""
        self.is_between = False
        self._h11.receive_data(data)
        while (event := self._h11.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.Request):
                self._request, self._body = event, b""
            elif isinstance(event, h11.Data):
                self._body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                yield self._whole()
            if isinstance(event, h11.ConnectionClosed):
                break

    def _whole(self) -> Seen:
        assert self._request is not None
        request = self._request
        self._h11.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
        self._h11.send(h11.EndOfMessage())
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()
            self.is_between = not self._h11.trailing_data[0]
        return Seen(request.method, request.target, tuple(request.headers), self._body)


class Conversation(NamedTuple):
    """What became of one connection; `statuses` of the answers in order, 1xx left out."""

    answers: bytes
    statuses: list[int]
    seen: list[Seen]
    received: bytes


class Rig:
    """Serves connections with a scene of records."""

    def __init__(
        self, proxies: tuple[str, ...] = (), require_tls: bool = False, failed_per_minute: int = 1_000_000
    ) -> None:
        secrets = dict.fromkeys(("secret_key", "mask_hash_key", "identity_key", "storage_key"), "s" * 40)
        settings = Settings(**secrets, key_pepper=PEPPER, trusted_proxies=list(proxies))
        self.counters = Counters()
        self.memory, self.ledger, self.log = Memory(), Ledger(), StrictLog()
        self.cache = RecordsCache(self.memory, 10_000)  # type: ignore[arg-type]
        self.cache.epoch = b"e:run"
        self.upstream = RecordingUpstream()
        self.scene = Scene(self.memory, "http://upstream.test/base")  # type: ignore[arg-type]
        self.key = self.scene.new_key(scopes=("secrets:read",))
        attempts = Attempts(failed_per_minute)
        self._restrictions = Restrictions(self.log.crashes.append, lambda: self.ledger.now_ms)  # type: ignore[arg-type]
        policy = Policy(
            self.cache,
            Routes(settings, self.log.crashes.append),  # type: ignore[arg-type]
            attempts,
            self._restrictions,
            now_ms=lambda: self.ledger.now_ms,
            gateway_id="gw-rig",
            bases=("https://gateway.test", "https://portal.test"),
            proofs=Proofs(b"n" * 40, Attempts(failed_per_minute), "https://gateway.test"),
        )
        self.serving = Serving(
            Parts(
                policy=policy,
                origins=Origins(self.cache, attempts),
                link=self.memory,  # type: ignore[arg-type]
                feed=SimpleNamespace(is_trusted=lambda now: True),  # type: ignore[arg-type]
                admission=self.ledger,  # type: ignore[arg-type]
                completion=self.ledger,  # type: ignore[arg-type]
                clock=SimpleNamespace(at_ms=lambda monotonic: self.ledger.now_ms),  # type: ignore[arg-type]
                pool=self.upstream,  # type: ignore[arg-type]
                masked_body_max_bytes=10_000,
                forwarding=Forwarding(self.upstream, Responding(masked_body_max_bytes=10_000)),  # type: ignore[arg-type]
                strangers=self.ledger,  # type: ignore[arg-type]
                log=self.log,
                counters=self.counters,
                pepper=PEPPER.encode(),
                proxies=read_networks(list(proxies)),
                target_max_bytes=1024,
                gateway_base="https://gateway.test",
                portal_base="https://portal.test",
                require_tls=require_tls,
                validating=Validating(body_max_bytes=50_000),
            )
        )
        self.connections = Connections(most=1000, most_per_address=1000)

    def restrict(self, restriction: Restriction) -> None:
        """Put a restriction in force."""
        self._restrictions._take(restriction.id, encode_record(1, restriction))
        self._restrictions.generation += 1

    def revoke(self, key: str) -> None:
        """Publish it, and apply it as the feed does."""
        self.scene.revoke(key)
        self.cache.drop(("credential", key[-8:]), 2)

    def connect(self, peer: str = "192.0.2.7", scheme: bytes = b"http") -> tuple[ClientConnection, FakeTransport]:
        """A client's connection."""
        connection = ClientConnection(self.serving, LIMITS, self.connections, scheme)
        transport = FakeTransport(connection, peer=peer)
        connection.connection_made(transport)
        return connection, transport

    async def converse(self, *pieces: bytes, peer: str = "192.0.2.7", scheme: bytes = b"http") -> Conversation:
        """Send pieces, each after the gateway has done all it can with those before; then leave."""
        before, offset = len(self.upstream.seen), len(self.upstream.received)
        connection, transport = self.connect(peer, scheme)
        for piece in pieces:
            if not transport.is_gone:
                connection.data_received(piece)
                await settle(connection, transport)
        answers = bytes(transport.written)
        transport.abort()
        while connection in set(self.connections) or connection._task is not None:
            await asyncio.sleep(0)
        return Conversation(
            answers, statuses_of(answers), self.upstream.seen[before:], bytes(self.upstream.received[offset:])
        )

    async def ask(
        self, *lines: str, peer: str = "192.0.2.7", scheme: bytes = b"http", body: bytes = b""
    ) -> Conversation:
        """One request from its lines; `Host` and the empty line are added."""
        first, *rest = lines
        head = "\r\n".join([first, "Host: gateway.test", *rest])
        return await self.converse(head.encode("latin-1") + b"\r\n\r\n" + body, peer=peer, scheme=scheme)


async def settle(connection: ClientConnection, transport: FakeTransport) -> None:
    """Let the gateway run until it waits for the client. Raises AssertionError where it hangs."""
    for _ in range(_SPINS_MAX):
        await asyncio.sleep(0)
        is_serving = connection._task is not None or connection._plain is not None
        if transport.is_gone or not is_serving or connection._waiter is not None:
            return
    raise AssertionError("the gateway hangs")


def statuses_of(answers: bytes) -> list[int]:
    """Statuses in order. Raises AssertionError where the bytes are no sequence of whole answers."""
    reader, found = answers, []
    while reader:
        head, mark, reader = reader.partition(b"\r\n\r\n")
        assert mark, head
        assert head.startswith(b"HTTP/1.1 "), head
        status = int(head[9:12])
        if status < 200:
            continue
        found.append(status)
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: ")]
        assert len(lengths) == (status != 204), head
        if not lengths:
            continue
        if not reader.startswith(b"HTTP/1.1 "):
            reader = reader[int(lengths[0][16:]) :]
    return found
