"""The frame of every write: change, audit event and publish in one transaction.

A write is a function decorated with `@write`. It changes rows, then calls `record_event` at least once. The outermost
write ends by giving every record that was touched its next version and by inserting the events; on commit the records
are published, and what a crash leaves behind, the worker sweeps. The worker chains the events as well.

Versions move last and in the order of the names: so writers hold their locks briefly and never wait in a circle.
"""

import functools
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any, NamedTuple, ParamSpec, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction

from audit.actors import Actor
from audit.models import Event, PersonalText, Unchained
from audit.personal import Withheld, withhold
from audit.publishing import publish

P = ParamSpec("P")
R = TypeVar("R")
Record = tuple[str, str]
"""(kind, id) of a published record."""


class Recorded(NamedTuple):
    """An event that waits for the end of its write, and the records that it publishes."""

    said: Withheld
    publishes: frozenset[Record]


_recorded: ContextVar[list[Recorded] | None] = ContextVar("what the write under way has recorded", default=None)


class NothingRecorded(RuntimeError):
    """A write ended without an audit event: a mistake in our code, so the transaction is rolled back."""


class Conflict(ValidationError):
    """Somebody else changed the same thing at the same moment; nothing was changed by us."""

    def __init__(
        self, message: str = "Somebody changed the same thing at the same moment. Look again, then retry."
    ) -> None:
        super().__init__(message)


def is_writing() -> bool:
    """Whether we are inside a write; saving a domain model elsewhere is a defect."""
    return _recorded.get() is not None


def write(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in one transaction and insist on an audit event. Writes may call writes.

    Raises Conflict where a unique constraint was broken: a check before the write had found it unbroken.
    """

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        outer = _recorded.get()
        if outer is None:
            return _run_outermost(functools.partial(function, *args, **kwargs), function.__qualname__)
        return _run_inner(functools.partial(function, *args, **kwargs), function.__qualname__, outer)

    return wrapper


def _run_outermost(function: Callable[[], R], name: str) -> R:
    recorded: list[Recorded] = []
    token = _recorded.set(recorded)
    try:
        with transaction.atomic():
            result = function()
            _insist(recorded, 0, name)
            _finish(recorded)
            return result
    except IntegrityError as error:
        raise Conflict from error
    finally:
        _recorded.reset(token)


def _run_inner(function: Callable[[], R], name: str, recorded: list[Recorded]) -> R:
    """What an inner write recorded goes with its savepoint, also where the outer one catches the error."""
    before = len(recorded)
    try:
        with transaction.atomic():
            result = function()
            _insist(recorded, before, name)
            return result
    except BaseException:
        del recorded[before:]
        raise


def _insist(recorded: list[Recorded], before: int, name: str) -> None:
    if len(recorded) == before:
        raise NothingRecorded(name)


def record_event(
    actor: Actor,
    action: str,
    target: models.Model,
    *,
    organisation: str = "",
    changes: dict[str, Any] | None = None,
    reason: str = "",
    publishes: Iterable[Record] = (),
    object_label: str | None = None,
) -> Event:
    """Note the event of a write and the records that it touches.

    `changes` maps a field to [before, after]. `object_label` stands for the target's own text. Raises RuntimeError
    outside a write.
    """
    recorded = _recorded.get()
    if recorded is None:
        raise RuntimeError("record_event outside a write")
    event = Event(
        actor_kind=actor.kind,
        actor_id=actor.id,
        organisation=organisation,
        action=action,
        object_kind=target._meta.model_name or "",
        object_id=str(getattr(target, "public_id", target.pk)),
        request_id=actor.request_id,
    )
    said = {
        "actor_label": (actor.label[:254], actor.id),
        "object_label": ((str(target) if object_label is None else object_label)[:254], event.object_id),
        "reason": (reason, ""),
        "address": (actor.address, actor.id),
    }
    recorded.append(Recorded(withhold(event, said, changes or {}), frozenset(publishes)))
    return event


def _finish(recorded: list[Recorded]) -> None:
    names = sorted(frozenset[Record]().union(*(item.publishes for item in recorded)))
    versions = _next_versions(names)
    for said, publishes in recorded:
        said.event.records = [
            [f"{kind}:{record_id}", versions[kind, record_id]] for kind, record_id in sorted(publishes)
        ]
    _insert([item.said for item in recorded])
    if names:
        transaction.on_commit(lambda: publish(names), robust=True)


def _insert(said: list[Withheld]) -> None:
    """A text learns its event's number when that is saved."""
    Event.objects.bulk_create([event for event, _ in said])
    for event, texts in said:
        for text in texts:
            text.event = event
    PersonalText.objects.bulk_create([text for _, texts in said for text in texts])
    Unchained.objects.bulk_create([Unchained(event=event) for event, _ in said])


_NEXT_VERSIONS = """
INSERT INTO audit_publishedrecord (kind, record_id, version, published_version) VALUES {}
ON CONFLICT (kind, record_id) DO UPDATE SET version = audit_publishedrecord.version + 1
RETURNING kind, record_id, version
"""
#: Within what SQLite takes in one statement.
_NAMES_A_STATEMENT = 200


def _next_versions(names: list[Record]) -> dict[Record, int]:
    """One statement for many, in their order, so that two first writers of a record cannot both insert it."""
    found: dict[Record, int] = {}
    with connection.cursor() as cursor:
        for start in range(0, len(names), _NAMES_A_STATEMENT):
            some = names[start : start + _NAMES_A_STATEMENT]
            statement = _NEXT_VERSIONS.format(", ".join(["(%s, %s, 1, 0)"] * len(some)))
            cursor.execute(statement, [text for name in some for text in name])
            found |= {(kind, record_id): int(version) for kind, record_id, version in cursor.fetchall()}
    return found


def changed_fields(instance: models.Model, values: dict[str, Any]) -> dict[str, list[Any]]:
    """Set the values that differ on `instance` (unsaved) and return {field: [before, after]} as JSON-safe texts."""
    changes = {}
    for name, after in values.items():
        before = getattr(instance, name)
        if before != after:
            setattr(instance, name, after)
            changes[name] = [_plain(before), _plain(after)]
    return changes


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, list, dict, type(None))) else str(value)
