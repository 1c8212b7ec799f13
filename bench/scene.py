"""What is published for a run: consumers of several plans, versions of several sizes, as many keys as are wanted."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import redis

from bench.documents import MASKED, MASKED_IN_LISTS
from bench.tokens import Signer
from contract.key_format import digest_key, mint_key
from contract.masking.rules import MaskRule
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
    Secret,
    Subscription,
    Version,
    encode_record,
)
from contract.valkey_keys import EPOCH, call_stream, record

PEPPER = "bench pepper, forty characters at least."
#: Organisations of one plan, each with one application in a slot of its own; keys are dealt to them in turn.
ORGANISATIONS = 10
OPERATIONS = (10, 1_000, 10_000)
RULES = (1, 8, 64)
_PIPELINE_MAX = 1_000
_LIMITS = (
    Limit("each-minute", "rate", 100_000_000, period_seconds=60),
    Limit("month", "quota", 1_000_000_000, window="month"),
)
_ACTIONS = ({"action": "redact"}, {"action": "partial", "keep": 4}, {"action": "remove"})


class Consumers(NamedTuple):
    """Who subscribes to one plan; `name` is the plan's id too."""

    name: str
    limits: tuple[Limit, ...]
    masks: tuple[Mask, ...]


def _masks(paths: Iterable[str]) -> tuple[Mask, ...]:
    return tuple(Mask(MaskRule(path, **_ACTIONS[at % 3])) for at, path in enumerate(paths))  # type: ignore[arg-type]


def _rules(count: int) -> tuple[Mask, ...]:
    """Rules of which the first three match; the others name fields that an answer might have."""
    return _masks([*MASKED, *(f"$.extra.field{number}" for number in range(count - 3))][:count])


CONSUMERS = (
    Consumers("log", (), ()),
    Consumers("limits", _LIMITS, ()),
    Consumers("all", _LIMITS, _masks(MASKED)),
    Consumers("lists", _LIMITS, _masks(MASKED_IN_LISTS)),
    *(Consumers(f"rules{count}", _LIMITS, _rules(count)) for count in RULES),
)


class Scene:
    """Publishes straight into Valkey, as the portal does, and writes files of requests into `folder`."""

    def __init__(self, client: redis.Redis, upstream_port: int, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._upstream = f"http://127.0.0.1:{upstream_port}"
        self._publish(self._records())
        client.set(EPOCH, f"bench:{client.info('server')['run_id']}")

    def _records(self) -> Iterable[tuple[str, str, Record]]:
        versions = tuple(f"ver{count}" for count in OPERATIONS)
        yield "api", "bench", Api("api", "bench", {f"v{count}": f"ver{count}" for count in OPERATIONS})
        for count in OPERATIONS:
            yield from self._version(count)
        for consumers in CONSUMERS:
            plan = Plan(consumers.name, consumers.name, versions, limits=consumers.limits, masks=consumers.masks)
            yield "plan", consumers.name, plan
            for number in range(ORGANISATIONS):
                name = f"{consumers.name}-{number}"
                yield "organisation", f"org-{name}", Organisation(f"org-{name}", number)
                yield "application", f"app-{name}", Application(f"app-{name}", f"org-{name}")
                yield "subscription", f"app-{name}/api", Subscription(f"sub-{name}", consumers.name)

    def _version(self, count: int) -> Iterable[tuple[str, str, Record]]:
        paths = ["/people/{id}", "/lists/{size}", *(f"/area{at % 100}/things{at}/{{id}}" for at in range(count - 2))]
        rows = tuple(("GET", path, f"op{count}-{at}") for at, path in enumerate(paths))
        yield (
            "version",
            f"ver{count}",
            Version(f"ver{count}", "api", f"v{count}", "live", self._upstream, operations=rows),
        )
        for method, path, operation in rows:
            yield "operation", operation, Operation(operation, f"ver{count}", method, path)

    def _publish(self, records: Iterable[tuple[str, str, Record]]) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for kind, record_id, body in records:
            pipeline.set(record(kind, record_id), encode_record(1, body))
            if len(pipeline) >= _PIPELINE_MAX:
                pipeline.execute()
        pipeline.execute()

    def new_keys(self, consumers: str, count: int) -> list[str]:
        """Publish keys, dealt to the consumers of a plan in turn."""
        keys = [mint_key("live") for _ in range(count)]
        self._publish(self._key_records(consumers, keys))
        return keys

    def _key_records(self, consumers: str, keys: list[str]) -> Iterable[tuple[str, str, Record]]:
        for number, key in enumerate(keys):
            credential = key[-20:]
            application = f"app-{consumers}-{number % ORGANISATIONS}"
            yield "credential", credential, Credential(credential, application, "live")
            yield "secret", digest_key(key, PEPPER.encode()), Secret(credential)

    def new_tokens(self, consumers: str, count: int) -> list[str]:
        """Publish clients, dealt to the consumers of a plan in turn, and sign a token for each."""
        signer, names = Signer(), [f"client-{consumers}-{number}" for number in range(count)]
        key = signer.record()
        self._publish([("token-key", key.id, key)])
        self._publish(
            ("credential", name, Credential(name, f"app-{consumers}-{number % ORGANISATIONS}", "live", kind="client"))
            for number, name in enumerate(names)
        )
        return [signer.mint(name, "bench") for name in names]

    def write_requests(self, name: str, keys: list[str], targets: list[str]) -> str:
        """A file of requests for the load generator: keys and targets in turn. Returns its path."""
        count = max(len(keys), len(targets))
        lines = (f"{targets[at % len(targets)]} Bearer {keys[at % len(keys)]}\n" for at in range(count))
        path = self._folder / f"{name}.requests"
        path.write_text("".join(lines))
        return str(path)

    def drain(self) -> int:
        """Take the finished rows off the streams, as the worker does, and say how many there were."""
        streams = [call_stream(slot) for slot in range(ORGANISATIONS)]
        pipeline = self._client.pipeline(transaction=True)
        for stream in streams:
            pipeline.xlen(stream)
        pipeline.delete(*streams)
        return sum(pipeline.execute()[:-1])
