"""What serving is composed of. What stands at the edges, Valkey and the upstreams, is known by what is asked of it."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import msgspec

from gateway.address import Networks
from gateway.admission import Asked
from gateway.cors import Origins
from gateway.feed import Feed
from gateway.forwarding import Forwarding
from gateway.limits import CallLimits
from gateway.log import Log
from gateway.metrics.counters import Counters
from gateway.policy import Policy
from gateway.pool import Upstream
from gateway.strangers import Strangers
from gateway.upstream import UpstreamConnection
from gateway.validation.step import Validating
from gateway.valkey_link import ValkeyLink
from gateway.verdict import Verdict


class Admits(Protocol):
    """See gateway.admission."""

    def admit(self, slot: int, call_id: str, row: bytes, limits: CallLimits) -> "asyncio.Future[Verdict]": ...
    def ask(self, slot: int, asked: Asked) -> None: ...


class Completes(Protocol):
    """See gateway.completion."""

    def complete(self, slot: int, call_id: str, row: bytes, held: Sequence[str]) -> None: ...
    def undo(self, slot: int, call_id: str, row: bytes, keys: Sequence[str], specs: bytes) -> None: ...
    def note_refused(self, slot: int, row: bytes) -> None: ...


class TellsTime(Protocol):
    """See gateway.clock."""

    def at_ms(self, monotonic: float) -> int: ...


class Pools(Protocol):
    """See gateway.pool, as far as plain calls go."""

    def acquire_idle(self, upstream: Upstream) -> UpstreamConnection | None: ...
    def release(self, upstream: Upstream, connection: UpstreamConnection) -> None: ...


class Parts(msgspec.Struct, frozen=True, gc=False):
    """One of each per worker."""

    policy: Policy
    origins: Origins
    link: ValkeyLink
    feed: Feed
    admission: Admits
    completion: Completes
    validating: Validating
    clock: TellsTime
    pool: Pools
    forwarding: Forwarding
    masked_body_max_bytes: int
    strangers: Strangers
    log: Log
    counters: Counters
    pepper: bytes
    proxies: Networks
    target_max_bytes: int
    gateway_base: str
    portal_base: str
    require_tls: bool
