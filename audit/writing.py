"""The frame of every write: change, audit event and publish in one transaction.

A write is a function decorated with `@write`. It changes rows, then calls `record_event` at least once. On commit the
records it touched are published; what a crash leaves behind, the worker sweeps.
"""

import functools
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from django.db import models, transaction

from audit.actors import Actor
from audit.models import Event, PublishedRecord

P = ParamSpec("P")
R = TypeVar("R")
Record = tuple[str, str]
"""(kind, id) of a published record."""

_events: ContextVar[list[Event] | None] = ContextVar("events of the write under way", default=None)


class NothingRecorded(RuntimeError):
    """A write ended without an audit event: a mistake in our code, so the transaction is rolled back."""


def is_writing() -> bool:
    """Whether we are inside a write; saving a domain model elsewhere is a defect."""
    return _events.get() is not None


def write(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in one transaction and insist on an audit event. Writes may call writes."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        outer = _events.get()
        token = _events.set([] if outer is None else outer)
        try:
            with transaction.atomic():
                result = function(*args, **kwargs)
                if not _events.get():
                    raise NothingRecorded(function.__qualname__)
                return result
        finally:
            _events.reset(token)

    return wrapper


def record_event(
    actor: Actor,
    action: str,
    target: models.Model,
    *,
    organisation: str = "",
    changes: dict[str, Any] | None = None,
    reason: str = "",
    publishes: Iterable[Record] = (),
) -> Event:
    """Insert the event of a write and bump the records it touches; they are published on commit.

    `changes` maps a field to [before, after]. Raises RuntimeError outside a write.
    """
    under_way = _events.get()
    if under_way is None:
        raise RuntimeError("record_event outside a write")
    event = Event.objects.create(
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        organisation=organisation,
        action=action,
        object_kind=target._meta.model_name or "",
        object_id=str(getattr(target, "public_id", target.pk)),
        object_label=str(target)[:254],
        changes=changes or {},
        reason=reason,
        request_id=actor.request_id,
        records=_bump(publishes),
    )
    under_way.append(event)
    return event


def _bump(records: Iterable[Record]) -> list[tuple[str, int]]:
    names = sorted(set(records))
    versions = [(f"{kind}:{record_id}", _bump_one(kind, record_id)) for kind, record_id in names]
    if names:
        from audit.publishing import publish

        transaction.on_commit(lambda: publish(names), robust=True)
    return versions


def _bump_one(kind: str, record_id: str) -> int:
    row, _ = PublishedRecord.objects.get_or_create(kind=kind, record_id=record_id)
    PublishedRecord.objects.filter(pk=row.pk).update(version=models.F("version") + 1)
    row.refresh_from_db(fields=["version"])
    return row.version


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
