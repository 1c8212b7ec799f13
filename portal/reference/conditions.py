"""Conditions as developers read them: of the plan whose reference they read, and of their own application."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format

from catalog.models import Operation, Version
from portal.reference.outline import Entry
from portal.reference.reading import Reading
from restrictions.conditions import Condition, conditions_for


class Need(NamedTuple):
    """A condition in words: what calls need, and since or until when where that is not always. `problem` is the slug of
    the answer to those that lack it. `where` is the scope or operation that it is about; empty: all."""

    words: str
    when: str
    advice: str
    reference: str
    problem: str
    condition: Condition
    where: str = ""


def needs_of(version: Version, reading: Reading) -> list[Need]:
    """What calls to the version under the plan may have to meet, whichever key they are made with. One query."""
    own = reading.applications[0] if reading.is_own and reading.applications else None
    found = conditions_for(
        api=version.api.public_id,
        version=version.public_id,
        plan=reading.plan.public_id,
        organisation=own.organisation.public_id if own else "",
        application=own.public_id if own else "",
    )
    return told((one for one in found if not (one.record.credential or one.record.user)), timezone.now())


def told(conditions: Iterable[Condition], now: datetime) -> list[Need]:
    """Each in words."""
    return [
        Need(
            _words(one),
            _when(one, now),
            one.advice,
            one.reference,
            "sender-constraint-required" if one.requirement.dpop else "condition-not-met",
            one,
        )
        for one in conditions
    ]


def _words(one: Condition) -> str:
    return "; ".join(one.words) + (", for calls from certain networks" if one.record.networks else "")


def _when(one: Condition, now: datetime) -> str:
    starts = f"from {_moment(one.starts_at)}" if one.starts_at and one.starts_at > now else ""
    ends = f"until {_moment(one.ends_at)}" if one.ends_at else ""
    return " ".join(filter(None, [starts, ends]))


def _moment(at: datetime) -> str:
    return f"{date_format(at, 'j M Y, H:i')} UTC"


def placed(needs: Iterable[Need], entries: Sequence[Entry]) -> list[Need]:
    """Those of calls of some operations, each with the scope or the operation that it is about."""
    found = []
    for one in needs:
        concerned = [entry for entry in entries if selects(one.condition, entry)]
        if concerned:
            found.append(one._replace(where=_where(one.condition, concerned[0])))
    return found


def _where(one: Condition, entry: Entry) -> str:
    return one.scope or (f"{entry.method} {entry.path}" if one.operation else "")


def selects(one: Condition, operation: Operation | Entry) -> bool:
    """Whether calls of the operation must meet it."""
    return one.operation in ("", operation.public_id) and one.scope in ("", operation.scope)
