"""Publish records straight into Valkey, as the control plane does, and read what the gateways left there."""

import secrets
from collections.abc import Sequence

import redis

from contract.calls import CallRow, decode_row
from contract.key_format import digest_key, mint_key
from contract.publications import publication
from contract.records import (
    Api,
    Application,
    Credential,
    Limit,
    Mask,
    Operation,
    Organisation,
    Plan,
    Record,
    Restriction,
    Secret,
    Subscription,
    Version,
)
from contract.scripts import PUBLISH, REAP
from contract.valkey_keys import (
    EPOCH,
    FEED,
    GATEWAY_DEAD_AFTER_SECONDS,
    GATEWAYS,
    RECEIPTS,
    call_stream,
    open_calls,
)

PEPPER = "p" * 40


class Publisher:
    """The control plane's side of Valkey."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self._versions: dict[str, int] = {}

    def open_epoch(self) -> None:
        """Mark the data set as complete. Gateways look at the mark with each entry they read, or once a second."""
        run_id = self.client.info("server")["run_id"]
        self.client.set(EPOCH, f"{secrets.token_hex(8)}:{run_id}")
        self.client.xadd(FEED, {"n": "organisation:nobody", "v": 1})

    def publish(self, kind: str, record_id: str, body: Record | None) -> bytes:
        """Publish a record; return its position in the feed."""
        name = f"{kind}:{record_id}"
        version = self._versions[name] = self._versions.get(name, 0) + 1
        keys, arguments = publication(kind, record_id, version, body)
        self.client.eval(PUBLISH.text, len(keys), *keys, *arguments)
        return self.client.xadd(FEED, {"n": name, "v": version})

    def now_ms(self) -> int:
        """Valkey's clock."""
        seconds, microseconds = self.client.time()
        return seconds * 1000 + microseconds // 1000

    def is_applied(self, position: bytes) -> bool:
        """Whether every gateway alive has sent its receipt for a position of the feed. None alive: none was heard of
        since Valkey was emptied."""
        alive = set(self.client.zrange(GATEWAYS, 0, -1))
        receipts = [facts for _, facts in self.client.xrevrange(RECEIPTS, count=200)]
        return bool(alive) and alive <= {facts[b"g"] for facts in receipts if _order(facts[b"p"]) >= _order(position)}

    def rows(self, slot: int = 0) -> list[CallRow]:
        """The finished rows of a slot."""
        return [decode_row(fields[b"r"]) for _, fields in self.client.xrange(call_stream(slot))]

    def open_rows(self, slot: int = 0) -> dict[bytes, bytes]:
        """The open calls of a slot."""
        return self.client.hgetall(open_calls(slot))

    def reap(self, slot: int = 0) -> int:
        """What the worker does for gateways that died: returns how many rows it moved."""
        since = self.now_ms() - GATEWAY_DEAD_AFTER_SECONDS * 1000
        alive = self.client.zrangebyscore(GATEWAYS, since, "+inf")
        cursor, moved = b"0", 0
        while True:
            keys = (open_calls(slot), call_stream(slot))
            cursor, count = self.client.eval(REAP.text, 2, *keys, cursor, 500, *alive)
            moved += count
            if cursor == b"0":
                return moved


def _order(entry_id: bytes) -> tuple[int, ...]:
    return tuple(int(part) for part in entry_id.split(b"-"))


class Scene:
    """One organisation with one application and one API, and keys for it; every part can be published again."""

    def __init__(self, publisher: Publisher, upstream_url: str) -> None:
        self.publisher = publisher
        self.upstream_url = upstream_url
        publisher.publish("organisation", "org", Organisation("org", 0))
        publisher.publish("application", "app", Application("app", "org"))
        publisher.publish("api", "clinic", Api("api1", "clinic", {"v1": "ver1"}))
        self.publish_version()
        self.publish_operations()
        self.publish_plan()
        publisher.publish("subscription", "app/api1", Subscription("sub1", "plan1"))
        publisher.open_epoch()

    def publish_version(self, **changes: object) -> None:
        """The version `v1` of the API `clinic`."""
        operations = (
            ("GET", "/practitioners", "op_list"),
            ("GET", "/practitioners/{id}", "op_one"),
            ("POST", "/practitioners", "op_new"),
            ("GET", "/secret", "op_secret"),
            ("GET", "/hidden", "op_hidden"),
            ("GET", "/stream", "op_stream"),
        )
        facts = {"state": "live", "upstream_url": self.upstream_url, "test_upstream_url": self.upstream_url}
        version = Version("ver1", "api1", "v1", **{**facts, "operations": operations, **changes})
        self.publisher.publish("version", "ver1", version)

    def publish_operations(self) -> None:
        """All operations of the version."""
        for operation_id, method, path, scope in (
            ("op_list", "GET", "/practitioners", ""),
            ("op_one", "GET", "/practitioners/{id}", ""),
            ("op_new", "POST", "/practitioners", ""),
            ("op_secret", "GET", "/secret", "secrets:read"),
            ("op_hidden", "GET", "/hidden", "admin"),
            ("op_stream", "GET", "/stream", ""),
        ):
            self.publisher.publish("operation", operation_id, Operation(operation_id, "ver1", method, path, scope))

    def publish_plan(self, limits: Sequence[Limit] = (), masks: Sequence[Mask] = (), **changes: object) -> bytes:
        """The plan of the application's subscription."""
        facts = {"versions": ("ver1",), "scopes": ("secrets:read",), **changes}
        return self.publisher.publish(
            "plan", "plan1", Plan("plan1", "Plan", limits=tuple(limits), masks=tuple(masks), **facts)
        )

    def new_key(self, environment: str = "live", **changes: object) -> str:
        """A key of the application; its credential's id is the key's last eight characters."""
        key = mint_key(environment)
        credential = key[-8:]
        self.publisher.publish("credential", credential, Credential(credential, "app", environment, **changes))
        self.publisher.publish("secret", digest_key(key, PEPPER.encode()), Secret(credential))
        return key

    def restrict(self, restriction_id: str = "rst_1", how: str = "block", **facts: object) -> bytes:
        """A restriction, in force at once; its reference is `R-` with its id in capitals. Its position in the feed."""
        reference = f"R-{restriction_id.removeprefix('rst_').upper()}"
        body = Restriction(restriction_id, how, reference, **facts)  # type: ignore[arg-type]
        return self.publisher.publish("restriction", restriction_id, body)

    def lift(self, restriction_id: str = "rst_1") -> bytes:
        """Lift a restriction; the change's position in the feed."""
        return self.publisher.publish("restriction", restriction_id, None)

    def revoke(self, key: str) -> bytes:
        """Revoke a key; return the change's position in the feed."""
        body = Credential(key[-8:], "app", "live", status="revoked")
        return self.publisher.publish("credential", key[-8:], body)
