"""Tokens that a client holds, found by what it shows of them."""

from typing import Any

from django.utils import timezone

from contract.settings import settings
from keys.models import AccessToken, Client, RefreshToken
from keys.tokens import subject
from portal.oauth.validator import digest_of

_INACTIVE = {"active": False}


def find_access_token(text: str, client: Client) -> AccessToken | None:
    """One of this client's, whatever became of it."""
    rows = AccessToken.objects.select_related("consent__user", "application__credential__application__organisation")
    return rows.filter(token_checksum=digest_of(text), application=client).first()


def find_refresh_token(text: str, client: Client) -> RefreshToken | None:
    """One of this client's, whatever became of it."""
    rows = RefreshToken.objects.select_related("consent__user")
    return rows.filter(token_checksum=digest_of(text), application=client).first()


def told_of(text: str, client: Client) -> dict[str, Any]:
    """RFC 7662, section 2.2; of tokens that are not this client's only that they are not active."""
    if (access := find_access_token(text, client)) is not None:
        return _told_of_access(access, client)
    if (refresh := find_refresh_token(text, client)) is not None:
        return _told_of_refresh(refresh, client)
    return _INACTIVE


def _told_of_access(token: AccessToken, client: Client) -> dict[str, Any]:
    consent = token.consent
    if token.revoked_at or token.is_expired() or (consent and not consent.stands):
        return _INACTIVE
    told = {
        "active": True,
        "token_type": "DPoP" if token.dpop_jkt else "Bearer",
        "iss": settings().portal_base,
        "sub": subject(consent.user, client) if consent else client.client_id,
        "aud": token.resource[0],
        "client_id": client.client_id,
        "scope": token.scope,
        "jti": token.jti,
        "iat": int(token.created.timestamp()),
        "exp": int(token.expires.timestamp()),
    }
    return told | ({"cnf": {"jkt": token.dpop_jkt}} if token.dpop_jkt else {})


def _told_of_refresh(token: RefreshToken, client: Client) -> dict[str, Any]:
    if token.revoked or token.expires_at <= timezone.now() or not token.consent.stands:
        return _INACTIVE
    return {
        "active": True,
        "iss": settings().portal_base,
        "sub": subject(token.consent.user, client),
        "client_id": client.client_id,
        "scope": token.scope,
        "exp": int(token.expires_at.timestamp()),
    }
