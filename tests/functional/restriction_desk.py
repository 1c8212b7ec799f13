"""`python -m tests.functional.restriction_desk`, in an installation's environment: somebody who restricts, at a pipe.

Prints a line with the ids and keys of callers that differ from one another in one axis each; then answers each line on
standard input, an act with its arguments, with a line.
"""

import json
import os
import sys
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
django.setup()

from uuid import uuid4  # noqa: E402

import msgspec  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Application, Membership, Role, User  # noqa: E402
from accounts.writes import add_member  # noqa: E402
from analytics.models import Call  # noqa: E402
from audit.models import Event  # noqa: E402
from audit.receipts import await_receipts  # noqa: E402
from catalog.models import Api, Operation, Version  # noqa: E402
from catalog.writes import import_document, set_api, set_version  # noqa: E402
from contract.records import Restriction as Record  # noqa: E402
from contract.settings import settings  # noqa: E402
from keys.models import Credential  # noqa: E402
from keys.tokens import Grounds, keep_access_token, new_access_token  # noqa: E402
from plans.models import Plan  # noqa: E402
from plans.writes import set_plan, subscribe  # noqa: E402
from portal.staff.plan_forms import PlanForm  # noqa: E402
from restrictions.models import Restriction  # noqa: E402
from restrictions.replay import every_changed_call  # noqa: E402
from restrictions.writes import apply_restriction, last_act, undo  # noqa: E402
from tests.factories import (  # noqa: E402
    ACTOR,
    make_application,
    make_client,
    make_consent,
    make_key,
    make_organisation,
    make_person,
)
from tests.restrictions.making import COLUMNS  # noqa: E402

RECEIPT_WITHIN_SECONDS = 20.0
SCOPES = ["practitioners:read", "appointments:read"]


def furnish() -> dict[str, Any]:
    """Two organisations, three applications, three people, four keys; the clinic's API and an annex that is alike."""
    clinic = Version.objects.defer(None).get(api__slug="clinic", name="v2")
    annex = set_version(
        set_api("annex", actor=ACTOR, title="Annex", owner="Front desk, Ada Quill"),
        "v2",
        actor=ACTOR,
        state="live",
        upstream_url=clinic.upstream_url,
        test_upstream_url=clinic.test_upstream_url,
    )
    import_document(annex, json.dumps(clinic.document), actor=ACTOR)
    versions = [*Version.objects.filter(api__slug="clinic"), annex]
    here, there = (_plan(name, versions) for name in ("here", "there"))
    ada, bob, eve = (make_person(f"{name}@restricted.example") for name in ("ada", "bob", "eve"))
    first, second = make_organisation(ada, "First"), make_organisation(eve, "Second")
    add_member(first, bob, Role.DEVELOPER, actor=ACTOR)
    reader, writer = _application(first, here, "Reader"), _application(first, here, "Writer")
    other = _application(second, there, "Other")
    keys = {
        "key": _key(reader, ada),
        "other key": _key(reader, bob),
        "other application": _key(writer, ada),
        "other organisation": _key(other, eve),
    }
    client = make_client(reader, grants=["client_credentials"], redirect_uris=[], created_by=ada)
    operation = Operation.objects.get(version=clinic, method="GET", path="/practitioners")
    credential = Credential.objects.get(application=reader, created_by=ada, kind="key")
    axes = {
        "organisation": first.public_id,
        "application": reader.public_id,
        "credential": credential.public_id,
        "user": ada.public_id,
        "plan": here.public_id,
        "networks": ["127.0.0.2/32"],
        "api": clinic.api.public_id,
        "version": clinic.public_id,
        "operation": operation.public_id,
        "scope": operation.scope,
    }
    machine = {"client": client.credential.public_id, "gateway": settings().gateway_base}
    return {"keys": keys, "axes": axes, "allowed": _allowed(reader), "plan_form": _form_of(here), "machine": machine}


def _allowed(application: Application) -> dict[str, str]:
    """A person without organisation, a client that they let act for them, and a token of it."""
    pat, made = make_person("pat@home.example"), make_client(application, "Calendar")
    consent = make_consent(pat, made, "clinic")
    grounds = Grounds(made.credential.client, "clinic", tuple(SCOPES), consent, uuid4())
    issued = new_access_token(grounds)
    keep_access_token(issued, grounds)
    return {"person": pat.public_id, "client": made.credential.public_id, "token": issued.text}


def _form_of(plan: Plan) -> dict[str, Any]:
    """What staff would send who change nothing of the plan: boxes that are not ticked send nothing."""
    shown = {field.name: field.value() for field in PlanForm(instance=plan)}
    sent = {name: value for name, value in shown.items() if value is not False and value is not None}
    return sent | {"price": str(shown["price"])}


def _plan(name: str, versions: list[Version]) -> Plan:
    return set_plan(name, actor=ACTOR, name=name.title(), scopes=SCOPES, versions=versions)


def _application(organisation: Any, plan: Plan, name: str) -> Application:
    made = make_application(organisation, plan, Api.objects.get(slug="clinic"), name)
    subscribe(made, plan, Api.objects.get(slug="annex"), actor=ACTOR)
    return made


def _key(application: Application, maker: User) -> str:
    return make_key(application, created_by=maker).secret


def log() -> list[dict[str, Any]]:
    """What is known of every call, each looked up on its own, not as the preview does it."""
    makers = dict(Credential.objects.values_list("public_id", "created_by__public_id"))
    scopes = dict(Operation.objects.values_list("public_id", "scope"))
    places = Membership.objects.values_list("organisation__public_id", "user__public_id", "role")
    roles = {(organisation, user): role for organisation, user, role in places}
    return [
        _told(call, user=makers.get(call.credential) or "", scope=scopes.get(call.operation, ""), roles=roles)
        for call in Call.objects.all()
    ]


def _told(call: Call, *, user: str, scope: str, roles: dict[tuple[str, str], str]) -> dict[str, Any]:
    facts = {
        **{name: getattr(call, name) for name in COLUMNS},
        "user": user,
        "scope": scope,
        "at_ms": int(call.at.timestamp() * 1000),
        "role": roles.get((call.organisation, user), ""),
        "is_bound": call.bound,
    }
    kept = {name: getattr(call, name) for name in ("request_id", "outcome", "status", "problem")}
    return {**kept, "facts": facts}


def replay(record: dict[str, Any]) -> list[str]:
    """Request ids of the calls that would have answered otherwise."""
    return [call.request_id for call in every_changed_call(_record(record), timezone.now())]


def token(client: str, thumbprint: str) -> str:
    """For the client itself, bound to a key where its thumbprint is given."""
    credential = Credential.objects.get(public_id=client)
    return new_access_token(Grounds(credential.client, "clinic", tuple(SCOPES), dpop_jkt=thumbprint)).text


def apply(record: dict[str, Any]) -> dict[str, Any]:
    """Apply it and wait for the receipts."""
    made = apply_restriction(_record(record), actor=ACTOR, reason="Tried out", advice="Ask the desk")
    return {"id": made.public_id, "reference": made.reference, "took": _receipts(made)}


def take_back(public_id: str) -> dict[str, Any]:
    """Undo the last act and wait for the receipts."""
    found = Restriction.objects.get(public_id=public_id)
    act = last_act(found)
    assert act is not None
    undo(found, act.public_id, actor=ACTOR)
    return {"took": _receipts(found)}


def _receipts(restriction: Restriction) -> list[float | None]:
    event = Event.objects.filter(object_id=restriction.public_id).order_by("-id")[0]
    receipts = await_receipts([(name, version) for name, version in event.records], RECEIPT_WITHIN_SECONDS)
    return [receipt.took_seconds for receipt in receipts]


def _record(given: dict[str, Any]) -> Record:
    return msgspec.convert({"id": "", "reference": "", **given}, Record)


ACTS = {"log": log, "replay": replay, "token": token, "apply": apply, "take_back": take_back}

if __name__ == "__main__":
    print(json.dumps(furnish()), flush=True)
    for line in sys.stdin:
        act, *arguments = json.loads(line)
        print(json.dumps(ACTS[act](*arguments)), flush=True)
