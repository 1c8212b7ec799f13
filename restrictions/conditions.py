"""The conditions that may concern somebody's calls, in words that they may read."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from catalog.models import Operation
from contract.records import Requirement
from contract.records import Restriction as Record
from keys.models import Credential
from restrictions.models import Restriction
from restrictions.records import record_of
from restrictions.requirement_words import public_words, requirement_words


class Condition(NamedTuple):
    """What calls of an operation or a scope must have; of everything there, where both are empty. `operation` is a
    public id. `words` are for those whom it concerns: networks stand in them only where it is about one organisation's
    own calls. `record` is all of it, as gateways have it."""

    operation: str
    scope: str
    reference: str
    advice: str
    words: list[str]
    starts_at: datetime | None
    ends_at: datetime | None
    record: Record

    @property
    def requirement(self) -> Requirement:
        """What is required; of nothing where it says nothing."""
        return self.record.requirement or Requirement()


def conditions_for(
    *, api: str, version: str, plan: str = "", organisation: str = "", application: str = ""
) -> list[Condition]:
    """Those that stand and may concern calls of an application by a plan to a version, all by public id, the oldest
    first. One query. Without an application: those that concern whoever has the plan, or everybody without one."""
    standing = Restriction.objects.standing(timezone.now()).filter(how="require")
    theirs = standing.filter(_named({"plan": plan, "organisation": organisation, "application": application}))
    found = theirs.filter(_named({"api": api, "version": version}) & _in_version(version) & _of_makers(application))
    rows = found if application else found.filter(networks=[])
    return [condition_of(row) for row in rows.order_by("id")]


def _named(axes: dict[str, str]) -> Q:
    """Each is this one, or any."""
    return Q(**{f"{axis}__in": ("", value) for axis, value in axes.items()})


def _in_version(version: str) -> Q:
    operations = Operation.objects.filter(version__public_id=version)
    of_operation = Q(operation="") | Q(operation__in=operations.values("public_id"))
    return of_operation & (Q(scope="") | Q(scope__in=operations.values("scope")))


def _of_makers(application: str) -> Q:
    """Those that name a key or a person name one of the application."""
    made = Credential.objects.filter(application__public_id=application) if application else Credential.objects.none()
    of_key = Q(credential="") | Q(credential__in=made.values("public_id"))
    return of_key & (Q(user="") | Q(user__in=made.values("created_by__public_id")))


def condition_of(row: Restriction) -> Condition:
    """A restriction that requires, in words."""
    record = record_of(row)
    is_own = bool(record.organisation or record.application or record.credential)
    say = requirement_words if is_own else public_words
    words = say(record.requirement) if record.requirement else []
    return Condition(row.operation, row.scope, row.reference, row.advice, words, row.starts_at, row.ends_at, record)
