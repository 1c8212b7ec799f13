"""Narrower choices than the one at hand, each with what it would have changed in the last hour.

What narrows is what the calls themselves show to be busiest: one key of an organisation, one operation of an API, one
network; and milder ways for the same who and what.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from django.db.models import Case, CharField, Count, Min, Q, When
from django.db.models.functions import Substr

from analytics.addresses import network_around
from analytics.models import Call
from contract.records import Restriction, Throttle
from restrictions.matching import condition
from restrictions.preview import BLOCKED, DAY, HOUR, Group, busiest, changed_by
from restrictions.replay import throttled

GENTLE = Throttle(1, 1)
"""One call a second: enough for a person's program, too little for a scraper."""
_STEPS = (("application",), ("credential",), ("operation",), ("credential", "operation"))


class Alternative(NamedTuple):
    """A choice and whom it meets. `kind` says how it differs from the one at hand: the axes that it names besides, or
    `throttle` or `mask`; empty for the one at hand itself."""

    kind: str
    record: Restriction
    keys: int
    calls_24h: int
    changed_1h: int


def alternatives(record: Restriction, groups: Sequence[Group], now: datetime) -> list[Alternative]:
    """From the widest to the narrowest, then the milder ways. Two queries for a block, none for others."""
    found = [] if record.how == "throttle" else _narrower(record, groups)
    return [*found, *_in_one_network(record, now), *_slower(record, groups, now)] if record.how == "block" else found


def _narrower(record: Restriction, groups: Sequence[Group]) -> list[Alternative]:
    found = []
    for axes in _STEPS:
        values = _values(record, groups, axes)
        if values is not None:
            kept = [group for group in groups if _axes_of(group, axes) == values]
            chosen = msgspec.structs.replace(record, **dict(zip(axes, values, strict=True)))
            found.append(Alternative(" ".join(axes), chosen, *_figures(kept), changed_by(record.how, kept)))
    return found


def _values(record: Restriction, groups: Sequence[Group], axes: tuple[str, ...]) -> tuple[str, ...] | None:
    """The busiest; None where an axis is taken already, or an application's key is."""
    is_taken = any(getattr(record, axis) for axis in axes) or (axes == ("application",) and record.credential)
    return None if is_taken else busiest(groups, lambda group: _axes_of(group, axes))


def _axes_of(group: Group, axes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(getattr(group, axis) for axis in axes)


def _figures(groups: Sequence[Group]) -> tuple[int, int]:
    return len({group.credential for group in groups}), sum(group.day for group in groups)


def _in_one_network(record: Restriction, now: datetime) -> list[Alternative]:
    """The /24 or /64 from which most of the calls came."""
    if record.networks:
        return []
    calls = (
        Call.objects.filter(condition(record, now), at__gt=now - DAY, at__lte=now).exclude(address_key="").order_by()
    )
    rows = calls.values(network=_NETWORK).annotate(
        first=Min("address_key"),
        keys=Count("credential", distinct=True),
        day=Count("pk"),
        changed=Count("pk", filter=BLOCKED & Q(at__gt=now - HOUR)),
    )
    top = rows.order_by("-day", "network").first()
    if top is None:
        return []
    chosen = msgspec.structs.replace(record, networks=(network_around(top["first"]),))
    return [Alternative("networks", chosen, top["keys"], top["day"], top["changed"])]


_NETWORK = Case(
    When(address_key__startswith="4", then=Substr("address_key", 1, 7)),
    default=Substr("address_key", 1, 17),
    output_field=CharField(),
)
"""What addresses of one /24 or /64 have in common at the start of their key."""


def _slower(record: Restriction, groups: Sequence[Group], now: datetime) -> list[Alternative]:
    chosen = msgspec.structs.replace(record, how="throttle", throttle=GENTLE)
    return [Alternative("throttle", chosen, *_figures(groups), len(throttled(chosen, now).numbers))]
