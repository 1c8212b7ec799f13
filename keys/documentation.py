"""The client with which the portal calls for members who try an operation from its page in the documentation.

One for each application and environment, listed, counted, narrowed, restricted, suspended and revoked like any client.
It has neither secret nor grant, so that nobody gets tokens for it but the portal, for its own calls.
"""

from django.core.exceptions import ValidationError

from accounts.models import Application
from audit.actors import Actor
from audit.public_ids import new_public_id
from audit.writing import write
from catalog.models import Api
from contract.key_format import Environment
from keys.events import record_act
from keys.models import Client, Credential, Kind, Status
from keys.signing_keys import DOCUMENTATION_TOKEN_SECONDS
from keys.tokens import Grounds, Issued, keep_access_token, new_access_token
from keys.tokens_by_hand import record_issue, scopes_at
from keys.writes import check_owner, checked_scopes, note_grants, revoke_key
from plans.coverage import scopes_within_plans

NAME = "Documentation"


def documentation_client(application: Application, environment: str) -> Credential | None:
    """The newest one, whatever its state; None where none was ever made. One query."""
    rows = Credential.objects.filter(application=application, environment=environment, is_documentation=True)
    return rows.select_related("client", "application__organisation").first()


@write
def create_documentation_client(application: Application, environment: Environment, *, actor: Actor) -> Credential:
    """With every scope of the application's plans, as they are now. It is nobody's own and does not expire: its tokens
    do. Raises Conflict where there is one that is not over, ValidationError for a removed application."""
    check_owner(application, environment)
    before = documentation_client(application, environment)
    if before and before.is_expired and before.status != Status.REVOKED:
        revoke_key(before, actor=actor, reason="It has expired, and another one takes its place.")
    credential = Credential.objects.create(
        public_id=new_public_id("cli"),
        kind=Kind.CLIENT,
        application=application,
        name=NAME,
        environment=environment,
        scopes=checked_scopes(application, scopes_within_plans(application)),
        is_documentation=True,
    )
    Client.objects.create(credential=credential)
    note_grants(credential)
    told = {"scopes": credential.scopes, "environment": environment, "documentation": True}
    record_act(credential, "created", {field: [None, value] for field, value in told.items()}, actor)
    return credential


@write
def issue_for_documentation(credential: Credential, api: Api, *, actor: Actor) -> Issued:
    """A token of 15 minutes for the portal's calls in the actor's name: who took it is on record, once for each token.

    Raises ValidationError for another client, one that is not active, and an API outside the plans.
    """
    client: Client = credential.client
    if not credential.is_documentation or not client.is_usable(None):
        raise ValidationError(f"This client is {credential.state}: it gets no tokens.")
    grounds = Grounds(client, api.slug, scopes_at(credential, api))
    issued = new_access_token(grounds, DOCUMENTATION_TOKEN_SECONDS)
    keep_access_token(issued, grounds)
    record_issue(credential, grounds, issued, "token.issued_for_documentation", actor)
    return issued
