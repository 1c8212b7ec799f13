"""The conditions that hold on what a console shows, with the way to require another."""

from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from catalog.models import Operation, Version
from plans.models import Plan
from portal.staff.consoles import may
from restrictions.models import Restriction
from restrictions.records import record_of
from restrictions.subjects import names_in_bulk
from restrictions.words import sentence

MOST_SHOWN = 50
_NOBODY = Q(organisation="", application="", credential="", user="", networks=[])


class Standing(NamedTuple):
    """A condition that is in force or begins later, in a sentence."""

    restriction: Restriction
    sentence: str
    state: str


def on_versions(request: HttpRequest, versions: QuerySet[Version]) -> list[Standing] | None:
    """Those that calls to some of the versions may have to meet, whoever calls. Two queries; None for a reader who may
    not see restrictions."""
    return _shown(_within(versions)) if may(request.user, "view", Restriction) else None


def on_plan(request: HttpRequest, plan: Plan) -> list[Standing] | None:
    """The same for calls under a plan; without those that narrow down further who must meet them."""
    within = _within(plan.versions.all()) & Q(scope__in=["", *plan.scopes])
    concerned = Q(plan=plan.public_id) | (_NOBODY & Q(plan=""))
    return _shown(within & concerned) if may(request.user, "view", Restriction) else None


def _within(versions: QuerySet[Version]) -> Q:
    operations = Operation.objects.filter(version__in=versions.order_by())
    found = Q(operation="") | Q(operation__in=operations.values("public_id"))
    found &= Q(scope="") | Q(scope__in=operations.values("scope"))
    found &= Q(version="") | Q(version__in=versions.order_by().values("public_id"))
    return found & (Q(api="") | Q(api__in=versions.order_by().values("api__public_id")))


def _shown(condition: Q) -> list[Standing]:
    now = timezone.now()
    rows = list(Restriction.objects.standing(now).filter(condition, how="require")[:MOST_SHOWN])
    records = [record_of(row) for row in rows]
    names = names_in_bulk(records)
    return [
        Standing(row, sentence(record, names), row.state_at(now)) for row, record in zip(rows, records, strict=True)
    ]
