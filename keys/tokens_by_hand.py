"""Tokens that a client's own team gets from the portal, to try it without its secret at hand."""

from django.core.exceptions import ValidationError

from audit.actors import Actor
from audit.writing import record_event, write
from catalog.models import Api
from keys.models import Client, Credential, Grant
from keys.tokens import Grounds, Issued, keep_access_token, new_access_token
from plans.coverage import active_subscriptions


@write
def issue_by_hand(credential: Credential, api: Api, *, actor: Actor) -> Issued:
    """A token as the client would get it for itself, with all that it may do at the API; it is on record who took it.

    Raises ValidationError where the token endpoint would issue none.
    """
    client: Client = credential.client
    if not client.is_usable(None):
        raise ValidationError(f"This client is {credential.state}: it gets no tokens.")
    if Grant.CLIENT_CREDENTIALS not in client.grants or client.requires_dpop:
        raise ValidationError("This client gets no tokens that anybody may use: people allow it, or a key binds them.")
    grounds = Grounds(client, api.slug, scopes_at(credential, api))
    issued = new_access_token(grounds)
    keep_access_token(issued, grounds)
    record_issue(credential, grounds, issued, "token.issued_by_hand", actor)
    return issued


def scopes_at(credential: Credential, api: Api) -> tuple[str, ...]:
    """What a credential may do at an API within its plan. Raises ValidationError where no plan covers the API."""
    held = [one.plan for one in active_subscriptions(credential.application) if one.api_id == api.pk]
    if not held:
        raise ValidationError(f"No plan of this application covers {api}.")
    return tuple(scope for scope in credential.scopes_in_force if scope in held[0].scopes)


def record_issue(credential: Credential, grounds: Grounds, issued: Issued, action: str, actor: Actor) -> None:
    """Within a write: who took which token."""
    record_event(
        actor,
        action,
        credential,
        organisation=credential.application.organisation.public_id,
        changes={"token": [None, issued.jti], "api": [None, grounds.api], "scopes": [None, list(grounds.scopes)]},
    )
