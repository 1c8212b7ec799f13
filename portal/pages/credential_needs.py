"""What conditions ask of an application's keys and clients, which of them cannot meet it, and what helps."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from accounts.models import Application
from catalog.models import Operation
from contract.records import Restriction as Record
from contract.requirements import Part
from keys.models import Credential, Kind
from plans.coverage import active_subscriptions
from plans.models import Subscription
from plans.reach import operations_within_plans
from portal.reference.conditions import Need, told
from restrictions.of_applications import conditions_of, lacking, roles_of_makers

_HELP: dict[Part, str] = {
    "dpop": "An API key is never bound to a key of yours: call with an OAuth client that asks for bound tokens.",
    "roles": "Whoever made it has another role in your team: let somebody with that role make one.",
}
_PROOFS = "Let the client ask for its tokens with a DPoP proof, and send a new proof with each call."


class Demand(NamedTuple):
    """A condition on some of an application's calls: `where` in words, the credentials that cannot meet it as they
    stand, and what helps. `wants_client`: an OAuth client does."""

    need: Need
    where: str
    unable: list[Credential]
    help: list[str]
    wants_client: bool


def demands_on(
    application: Application,
    credentials: Sequence[Credential],
    now: datetime,
    *,
    operations: Sequence[Operation] | None = None,
    held: Iterable[Subscription] | None = None,
) -> list[Demand]:
    """Those on calls that one of the credentials could make. One query where no condition stands, four at most.

    Conditions on what no plan of the application covers are told to nobody.
    """
    needs = told(conditions_of(application, now), now)
    if not needs:
        return []
    operations = operations_within_plans(application) if operations is None else operations
    plans = {one.api_id: one.plan.public_id for one in (held or active_subscriptions(application))}
    roles = roles_of_makers(application)
    found = []
    for need in needs:
        met = [one for one in operations if _concerns(need.condition.record, one, plans.get(one.version.api_id, ""))]
        mine = [one for one in credentials if _may_call(one, need.condition.record, met)]
        if mine:
            found.append(_demand(need, met[0], mine, roles))
    return found


def _concerns(record: Record, operation: Operation, plan: str) -> bool:
    version = operation.version
    return (
        record.plan in ("", plan)
        and record.api in ("", version.api.public_id)
        and record.version in ("", version.public_id)
        and record.operation in ("", operation.public_id)
        and record.scope in ("", operation.scope)
    )


def _may_call(credential: Credential, record: Record, operations: Iterable[Operation]) -> bool:
    is_named = record.credential in ("", credential.public_id)
    return is_named and any(one.scope in ("", *credential.scopes) for one in operations)


def _demand(need: Need, example: Operation, credentials: Sequence[Credential], roles: dict[int, str]) -> Demand:
    requirement = need.condition.requirement
    lacks = {one.pk: lacking(requirement, one, roles) for one in credentials}
    parts = {part for found in lacks.values() for part in found}
    has_client = requirement.dpop and any(one.kind == Kind.CLIENT for one in credentials)
    return Demand(
        need,
        _where(need.condition.record, example),
        [one for one in credentials if lacks[one.pk]],
        [text for part, text in _HELP.items() if part in parts] + [_PROOFS] * has_client,
        "dpop" in parts,
    )


def _where(record: Record, example: Operation) -> str:
    """The narrowest that it names; `example` is among what it concerns."""
    if record.scope:
        return record.scope
    if record.operation:
        return str(example)
    if record.version:
        return str(example.version)
    return example.version.api.title if record.api else "Every call"
