"""What is needed to try one operation: as whom, where, with which client, and what stands in the way."""

from typing import NamedTuple

from accounts.access import NotVisible
from accounts.models import User
from catalog.documents import members, operation_object
from catalog.models import Operation
from keys.documentation import documentation_client
from keys.models import Credential
from plans.access import plans_open_to
from plans.models import Plan
from plans.reach import plans_with
from plans.visibility import refused_parameters
from portal.pages.forms.keys import has_confirmed_address
from portal.reference.contents import Contents
from portal.reference.outline import document_of
from portal.reference.refusals import refusals
from portal.trying.callers import Caller, Environment, callers_of, chosen_caller, environment_of, restricted_by
from portal.trying.inputs import json_medias
from restrictions.models import Restriction

#: What the page says instead of a form. Of these two the person can be rid of on the page itself.
OVER = ("revoked", "expired")


class Desk(NamedTuple):
    """`hindrance` names what stands in the way, "" for nothing; `restriction` with `restricted` alone."""

    user: User
    operation: Operation
    callers: list[Caller]
    caller: Caller | None
    environment: Environment
    client: Credential | None
    hindrance: str
    restriction: Restriction | None = None

    @property
    def is_live(self) -> bool:
        """Whether calls reach the real API."""
        return self.environment == "live"

    @property
    def is_writing(self) -> bool:
        """Whether a call may change something."""
        return self.operation.method not in ("GET", "HEAD")

    def with_client(self) -> "Desk":
        """After a call, which may have made the client."""
        if self.client or self.caller is None:
            return self
        return self._replace(client=documentation_client(self.caller.application, self.environment))

    def refused(self) -> dict[str, str]:
        """The query parameters that the caller's plan refuses, and which plan takes them. A query where it refuses
        some."""
        assert self.caller is not None
        if not refused_parameters(self.caller.plan, self.operation):
            return {}
        return refusals(self.operation, self.caller.plan, self._plans())

    def plan_with_scope(self) -> Plan | None:
        """The first plan that has what the operation asks for."""
        return plans_with([self.operation.scope], self._plans()).get(self.operation.scope)

    def _plans(self) -> list[Plan]:
        covering = plans_open_to(self.user).filter(versions=self.operation.version)
        return list(covering.prefetch_related("masks"))


def operation_of(contents: Contents, anchor: str) -> Operation:
    """With its version's document. Raises NotVisible."""
    found = next((entry for entry in contents.entries if entry.anchor == anchor), None)
    if found is None:
        raise NotVisible(anchor)
    contents.version.document = document_of(contents.version)
    return found.of(contents.version)


def desk_of(user: User, operation: Operation, application: str, environment: str) -> Desk:
    """`application` and `environment` as the address names them. Raises NotVisible."""
    callers = callers_of(user, operation.version)
    caller, where = chosen_caller(callers, application), environment_of(environment)
    client = documentation_client(caller.application, where) if caller else None
    restriction = restricted_by(user)
    desk = Desk(user, operation, callers, caller, where, client, "", restriction)
    return desk._replace(hindrance=_hindrance(desk))


def _hindrance(desk: Desk) -> str:
    if desk.caller is None:
        return "no application"
    return _of_caller(desk, desk.caller) or _of_operation(desk, desk.caller) or _of_client(desk)


def _of_caller(desk: Desk, caller: Caller) -> str:
    if not caller.is_allowed:
        return "role"
    if caller.application.organisation.status != "active":
        return "organisation"
    if desk.restriction:
        return "restricted"
    return "unconfirmed" if desk.is_live and not has_confirmed_address(desk.user) else ""


def _of_operation(desk: Desk, caller: Caller) -> str:
    operation = desk.operation
    if not caller.is_covered:
        return "uncovered"
    if operation.scope and operation.scope not in caller.plan.scopes:
        return "scope"
    if not desk.is_live and not operation.version.test_upstream_url:
        return "no test"
    return "body" if _has_unusual_body(operation) else ""


def _has_unusual_body(operation: Operation) -> bool:
    found = operation_object(operation.version.document, operation.method, operation.path)
    return bool(members(found, "requestBody")) and not json_medias(operation.version.document, found)


def _of_client(desk: Desk) -> str:
    client, scope = desk.client, desk.operation.scope
    if client is None:
        return ""
    if client.state in (*OVER, "suspended"):
        return client.state
    return "narrowed" if scope and scope not in client.scopes_in_force else ""
