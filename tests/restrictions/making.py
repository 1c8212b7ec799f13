"""Restrictions and logged calls for tests of this folder."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Membership
from analytics.models import Call
from catalog.models import Operation
from contract.masking.rules import MaskRule
from contract.records import Restriction as Record
from contract.restrictions import Facts
from keys.models import Credential
from restrictions.models import Restriction
from restrictions.writes import apply_restriction
from tests.cast import Cast
from tests.factories import ACTOR
from tests.logged import make_call

#: Facts that stand in the log as they are.
COLUMNS = ("organisation", "application", "credential", "plan", "address", "api", "version", "operation")
EMAIL = MaskRule("$.email", "redact")


def make_record(how: Any = "block", **axes: Any) -> Record:
    """Who, what and how."""
    return Record(id="", how=how, reference="", **axes)


def make_restriction(record: Record, **values: Any) -> Restriction:
    """In force from now on for an hour, unless said otherwise."""
    given = {"reason": "Reads in the order of ids", "ends_at": timezone.now() + timedelta(hours=1)}
    return apply_restriction(record, actor=ACTOR, **given | values)


def log_call(cast: Cast, at: datetime, **values: Any) -> Call:
    """An answered call of the cast's key, under its plan."""
    return make_call(cast, at=at, **{"plan": cast.plan.public_id, "address": "203.0.113.24"} | values)


def facts_of(call: Call) -> Facts:
    """What the gateway knew of a logged call, looked up one by one."""
    credential = Credential.objects.get(public_id=call.credential)
    maker, organisation = credential.created_by, credential.application.organisation
    operation = Operation.objects.filter(public_id=call.operation).first()
    place = Membership.objects.filter(user=maker, organisation=organisation, user__is_active=True).first()
    return Facts(
        **{name: getattr(call, name) for name in COLUMNS},
        user=call.user or (maker.public_id if maker else ""),
        scope=operation.scope if operation else "",
        at_ms=int(call.at.timestamp() * 1000),
        role=place.role if place else "",
        is_bound=call.bound,
    )
