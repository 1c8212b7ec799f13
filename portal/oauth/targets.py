"""For which APIs a client may ask tokens, and with which scopes (RFC 8707)."""

from collections.abc import Iterable

from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error, InvalidScopeError

from contract.access_tokens import audience
from contract.settings import settings
from keys.models import AuthorizationCode, Client, RefreshToken
from keys.tokens import Grounds
from plans.coverage import active_subscriptions

Reach = dict[str, frozenset[str]]
"""The scopes that a client may ask for at each API, by its resource identifier."""


def reach_of(client: Client) -> Reach:
    """What the client's own scopes and its application's plans have in common."""
    mine, base = set(client.credential.scopes_in_force), settings().gateway_base
    held = active_subscriptions(client.credential.application)
    return {audience(base, one.api.slug): frozenset(mine & set(one.plan.scopes)) for one in held}


def grounds_of(
    client: Client,
    asked: Iterable[str],
    scopes: Iterable[str],
    thumbprint: str,
    row: AuthorizationCode | RefreshToken | None,
) -> Grounds:
    """What a token will rest on: one API, and the scopes that client, plan and (with a `row`) consent have in common.

    Raises OAuth2Error where nothing would be left, and for a client that must prove to hold a key and did not.
    """
    if client.requires_dpop and not thumbprint:
        raise CustomOAuth2Error("invalid_dpop_proof", "This client's tokens are bound to a key: send a DPoP proof.")
    held = reach_of(client)
    resource = _the_one(chosen(asked, held if row is None else [one for one in row.resource if one in held]))
    within = held[resource] if row is None else held[resource] & set(row.consent.scopes)
    wanted = list(scopes)
    left = tuple(scope for scope in wanted if scope in within)
    if wanted and not left:
        raise InvalidScopeError("None of the scopes can be had for this resource.")
    slug = resource.rpartition("/")[2]
    return Grounds(client, slug, left, row and row.consent, row and row.family, thumbprint)


def chosen(asked: Iterable[str], among: Iterable[str], request: Request | None = None) -> list[str]:
    """The resources that are asked for, else the only one that there is. Raises CustomOAuth2Error (invalid_target),
    which knows the way back if `request` is given."""
    wanted, there = list(dict.fromkeys(asked)), list(among)
    if not wanted and len(there) != 1:
        named = there[0] if there else audience(settings().gateway_base, "…")
        raise _invalid_target(f"Name the API that the token is for, as resource={named}", request)
    if not set(wanted) <= set(there):
        raise _invalid_target("The resource is no API that this client may call.", request)
    return wanted or there


def _the_one(resources: list[str]) -> str:
    if len(resources) > 1:
        raise _invalid_target("A token is for one API: name one resource.")
    return resources[0]


def _invalid_target(description: str, request: Request | None = None) -> CustomOAuth2Error:
    """RFC 8707, section 2."""
    return CustomOAuth2Error("invalid_target", description, request=request)
