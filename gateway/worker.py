"""One gateway process: puts the parts together, serves on a socket that its parent owns, drains when told to stop."""

import asyncio
import contextlib
import gc
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import uvloop

from contract.scripts import GATEWAY_SCRIPTS
from contract.settings import Settings
from gateway import compiled
from gateway.address import read_networks
from gateway.admission import Admission
from gateway.attempts import Attempts
from gateway.clock import Clock
from gateway.completion import Completion
from gateway.connections import Connections
from gateway.cors import Origins
from gateway.feed import Feed
from gateway.forwarding import Forwarding
from gateway.heartbeat import Heartbeat
from gateway.inbound import ClientConnection, ClientLimits
from gateway.log import Log
from gateway.metrics.board import Board, Gauges, Snapshot
from gateway.metrics.counters import Counters
from gateway.metrics.exposition import exposition
from gateway.metrics.server import MetricsServer
from gateway.parts import Parts
from gateway.policy import Policy
from gateway.pool import Pool
from gateway.records_cache import RecordsCache
from gateway.responding import Responding
from gateway.restrictions import Restrictions
from gateway.routes import Routes
from gateway.serving import Serving
from gateway.strangers import Strangers
from gateway.tls import Certificate, upstream_context
from gateway.tokens.proofs import Proofs
from gateway.upstream import Waits
from gateway.validation.step import Validating
from gateway.valkey_link import LinkLost, ValkeyLink, read_address

_READY_SECONDS, _READY_TURN_SECONDS = 1.0, 0.01
_SWEEP_SECONDS = 0.2
_LATE_SECONDS = 0.5
_GARBAGE_THRESHOLD = 20_000
_SWEEPS_A_SHOW = 5


class Shared(NamedTuple):
    """What all workers inherit from their parent."""

    listener: socket.socket
    metrics_listener: socket.socket | None
    board: Board


class Worker:
    """`id` is new with every start, so that nobody takes this process for an earlier one; `place` is not."""

    def __init__(self, settings: Settings, shared: Shared, place: int) -> None:
        self.id = f"gw-{secrets.token_hex(8)}"
        self._settings = settings
        self._shared, self._place = shared, place
        before = shared.board.read(place)
        self._counters = Counters(before.tally if before is not None else None)
        self._log = Log(self.id, settings.log_level)
        self._clock = Clock()
        address = read_address(settings.valkey_url)
        reply_seconds = settings.valkey_reply_seconds
        self._link = ValkeyLink(address, reply_seconds=reply_seconds, on_up=self._on_up)
        self._completion = Completion(self._link)
        self._strangers = Strangers(self._link, self._clock)
        self._heartbeat = Heartbeat(self._link, self._clock, self.id, self._each_second)
        self._cache = RecordsCache(self._link, settings.gateway_cache_max_records)
        self._restrictions = Restrictions(self._report, self._clock.now_ms)
        self._feed = Feed(
            address,
            self._cache,
            self._restrictions,
            gateway=self.id,
            clock=self._clock,
            lease_seconds=settings.gateway_lease_seconds,
            reply_seconds=reply_seconds,
            report=lambda command: self._link.send(command, _ignore),
        )
        self._pool = self._make_pool()
        self._serving = Serving(self._make_parts())
        self._connections = Connections(
            most=settings.gateway_connections_max,
            most_per_address=settings.gateway_connections_per_address_max,
            proxies=read_networks(settings.trusted_proxies),
        )
        chain, key = settings.gateway_tls_certificate, settings.gateway_tls_key
        self._certificate = Certificate(chain, key) if chain else None

    def _make_pool(self) -> Pool:
        settings = self._settings
        return Pool(
            connections_max=settings.upstream_connections_max,
            connect_seconds=settings.upstream_connect_seconds,
            keep_seconds=settings.upstream_keep_seconds,
            tls=upstream_context(settings.upstream_ca_file),
            waits=Waits(
                settings.upstream_first_byte_seconds, settings.upstream_idle_seconds, settings.upstream_total_seconds
            ),
        )

    def _make_parts(self) -> Parts:
        settings = self._settings
        attempts = Attempts(settings.gateway_failed_attempts_per_minute)
        return Parts(
            policy=Policy(
                self._cache,
                Routes(settings, self._report),
                attempts,
                self._restrictions,
                now_ms=self._clock.now_ms,
                gateway_id=self.id,
                bases=(settings.gateway_base, settings.portal_base),
                proofs=Proofs(
                    settings.secret_bytes("identity_key"),
                    Attempts(settings.gateway_failed_attempts_per_minute),
                    settings.gateway_base,
                ),
            ),
            origins=Origins(self._cache, attempts),
            link=self._link,
            feed=self._feed,
            admission=Admission(
                self._link,
                self._completion,
                self._clock,
                self._counters,
                stream_max_rows=settings.gateway_stream_max_rows,
                patience_seconds=settings.valkey_reply_seconds + _LATE_SECONDS,
            ),
            completion=self._completion,
            validating=Validating(body_max_bytes=settings.gateway_validated_body_max_bytes),
            clock=self._clock,
            pool=self._pool,
            masked_body_max_bytes=settings.gateway_masked_body_max_bytes,
            forwarding=Forwarding(self._pool, Responding(masked_body_max_bytes=settings.gateway_masked_body_max_bytes)),
            strangers=self._strangers,
            log=self._log,
            counters=self._counters,
            pepper=settings.secret_bytes("key_pepper"),
            proxies=read_networks(settings.trusted_proxies),
            target_max_bytes=settings.gateway_target_max_bytes,
            gateway_base=settings.gateway_base,
            portal_base=settings.portal_base,
            require_tls=settings.require_tls,
        )

    def _report(self, text: str) -> None:
        self._log.line("ERROR", "unusable record", what=text)

    async def _on_up(self) -> None:
        """Scripts are loaded first: one that is sent twice because Valkey did not know it would be overtaken."""
        await self._link.ask_many([("SCRIPT", "LOAD", script.text) for script in GATEWAY_SCRIPTS])
        await self._heartbeat.first()
        self._completion.repeat_confirmed()
        self._completion.repeat_lost()

    def _each_second(self) -> None:
        self._completion.repeat_lost()
        self._strangers.flush()

    async def run(self) -> None:
        """Serve until SIGTERM, then drain."""
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        tasks = [loop.create_task(part) for part in (self._link.run(), self._feed.run(), self._sweep())]
        tasks.append(loop.create_task(self._heartbeat.run()))
        loop.add_signal_handler(signal.SIGHUP, self._reload_certificate)
        self._show()
        await self._wait_until_ready()
        servers = [await self._listen(), *await self._listen_for_metrics()]
        self._log.line("INFO", "serving", ready=self._serving.is_ready(), compiled=compiled.is_used())
        await _first_of(stop, tasks)
        for server in servers:
            server.close()
        await self._drain()
        self._show()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait_until_ready(self) -> None:
        """The other workers take the connections meanwhile. Not for long: 503 is better than silence.

        Turns are counted and not the clock, so that a process that gets no time to run does not give up for that.
        """
        for _ in range(round(_READY_SECONDS / _READY_TURN_SECONDS)):
            if self._serving.is_ready():
                return
            await asyncio.sleep(_READY_TURN_SECONDS)

    async def _listen(self) -> asyncio.Server:
        tls: dict[str, Any] = {}
        if self._certificate is not None:
            seconds = self._settings.gateway_head_seconds
            tls = {"ssl": self._certificate.context, "ssl_handshake_timeout": seconds}
        loop, listener = asyncio.get_running_loop(), self._shared.listener
        return await loop.create_server(self._connection, sock=listener, backlog=1024, **tls)

    async def _listen_for_metrics(self) -> list[asyncio.Server]:
        if self._shared.metrics_listener is None:
            return []
        token = self._settings.metrics_token
        server = MetricsServer(self._metrics, token.get_secret_value().encode() if token is not None else b"")
        return [await server.listen(self._shared.metrics_listener)]

    def _metrics(self) -> Iterator[str]:
        self._show()
        shown = {place: self._shared.board.read(place) for place in range(self._shared.board.places)}
        return exposition({place: one for place, one in shown.items() if one is not None}, time.monotonic())

    def _show(self) -> None:
        """Show the others how this worker is and what it counted."""
        now = time.monotonic()
        gauges = Gauges(
            at=now,
            is_ready=self._serving.is_ready(),
            feed_age_seconds=self._feed.age_seconds(now),
            calls_under_way=self._serving.calls_under_way,
            client_connections=len(self._connections),
            unconfirmed_rows=self._completion.unconfirmed,
            upstream_connections=self._pool.counts(),
            upstream_waiting=self._pool.waiting(),
        )
        self._shared.board.show(self._place, Snapshot(self._counters.tally, gauges))

    def _reload_certificate(self) -> None:
        try:
            if self._certificate is not None:
                self._certificate.reload()
                self._log.line("INFO", "certificate reloaded")
        except ValueError as error:
            self._log.line("ERROR", "certificate cannot be used, the old one stays", why=str(error))

    def _connection(self) -> ClientConnection:
        settings = self._settings
        limits = ClientLimits(
            head_max_bytes=settings.gateway_head_max_bytes,
            headers_max=settings.gateway_headers_max,
            body_max_bytes=settings.gateway_body_max_bytes,
            head_seconds=settings.gateway_head_seconds,
            idle_seconds=settings.gateway_idle_seconds,
            body_seconds=settings.gateway_body_seconds,
            body_least_bytes_per_second=settings.gateway_body_least_bytes_per_second,
            write_seconds=settings.gateway_write_seconds,
        )
        scheme = b"http" if self._certificate is None else b"https"
        return ClientConnection(self._serving, limits, self._connections, scheme)

    async def _sweep(self) -> None:
        """Enforce every deadline; one timer for all of them, because a timer per call costs."""
        for turn in count():
            await asyncio.sleep(_SWEEP_SECONDS)
            if turn % _SWEEPS_A_SHOW == 0:
                self._show()
            now = time.monotonic()
            for client in [one for one in self._connections if 0 < one.deadline < now]:
                client.expire()
            self._pool.sweep(now)
            self._link.drop_if_silent(now)
            self._feed.link.drop_if_silent(now)

    async def _drain(self) -> None:
        """Calls under way finish, new connections go elsewhere; bounded in time."""
        self._log.line("INFO", "draining", calls=self._serving.calls_under_way)
        until = time.monotonic() + self._settings.gateway_drain_seconds
        while time.monotonic() < until and (self._connections or self._completion.unconfirmed):
            for client in list(self._connections):
                client.end()
            await asyncio.sleep(0.02)
        self._strangers.flush()
        self._pool.close()
        if not self._completion.unconfirmed and not self._serving.calls_under_way:
            with contextlib.suppress(LinkLost, TimeoutError):
                async with asyncio.timeout(self._settings.valkey_reply_seconds):
                    await self._heartbeat.leave()


async def _first_of(stop: asyncio.Event, tasks: "list[asyncio.Task[None]]") -> None:
    """Wait for the stop, or for the end of a task that should never end; raises what ended it."""
    stopping = asyncio.ensure_future(stop.wait())
    done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in done - {stopping}:
        task.result()


def _ignore(_: object) -> None:
    """Nobody waits for this answer."""


def _collect_seldom() -> None:
    """Calls leave no cycles behind, so that looking for them at each turn is waste; modules are never looked at."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_THRESHOLD)


def run_worker(settings: Settings, shared: Shared, place: int) -> None:
    """Run one worker in this process until it is told to stop."""
    try:
        worker = Worker(settings, shared, place)
    except ValueError as error:
        sys.exit(f"Settings: {error}")
    _collect_seldom()
    uvloop.run(worker.run())
