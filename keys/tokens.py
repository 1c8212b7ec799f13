"""Issuing tokens, and taking them back. What is issued is kept as a digest; taking back is published at once."""

import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone
from oauth2_provider.models import set_token_value

from accounts.models import User
from audit.actors import Actor
from audit.writing import record_event, write
from contract.access_tokens import audience
from contract.jws import base64url_encode
from contract.settings import settings
from keys.models import AccessToken, Client, Consent, RefreshToken
from keys.signing_keys import sign


class Grounds(NamedTuple):
    """What a token rests on. `api` is a slug; `consent` and its `family` are None for a client that asks for itself."""

    client: Client
    api: str
    scopes: tuple[str, ...]
    consent: Consent | None = None
    family: UUID | None = None
    dpop_jkt: str = ""

    @property
    def user(self) -> User | None:
        """For whom the client acts."""
        return self.consent.user if self.consent else None


class Issued(NamedTuple):
    """An access token, and what is kept of it."""

    text: str
    jti: str
    expires: datetime


def subject(user: User, client: Client) -> str:
    """The person's name towards one client: another one for each, so that clients cannot put them side by side."""
    text = f"subject {client.client_id} {user.public_id}".encode()
    return base64url_encode(hmac.digest(settings().secret_bytes("key_pepper"), text, "sha256")[:24])


def new_access_token(grounds: Grounds, lifetime_seconds: int = 0) -> Issued:
    """A signed token (RFC 9068) for one API; without anything that says who the person is. 0: as long as the setting
    says."""
    now = timezone.now().replace(microsecond=0)
    lifetime = timedelta(seconds=lifetime_seconds or settings().access_token_seconds)
    expires, jti = now + lifetime, secrets.token_urlsafe(16)
    claims: dict[str, Any] = {
        "iss": settings().portal_base,
        "sub": subject(grounds.user, grounds.client) if grounds.user else grounds.client.client_id,
        "aud": audience(settings().gateway_base, grounds.api),
        "client_id": grounds.client.client_id,
        "scope": " ".join(grounds.scopes),
        "jti": jti,
        "iat": int(now.timestamp()),
        "exp": int(expires.timestamp()),
    }
    if grounds.consent:
        claims["gid"] = grounds.consent.public_id
    if grounds.dpop_jkt:
        claims["cnf"] = {"jkt": grounds.dpop_jkt}
    return Issued(sign(claims, timezone.now()), jti, expires)


def keep_access_token(issued: Issued, grounds: Grounds) -> AccessToken:
    """Note what was issued."""
    row = AccessToken(
        application=grounds.client,
        user=grounds.user,
        consent=grounds.consent,
        family=grounds.family,
        jti=issued.jti,
        expires=issued.expires,
        scope=" ".join(grounds.scopes),
        resource=[audience(settings().gateway_base, grounds.api)],
        dpop_jkt=grounds.dpop_jkt,
    )
    set_token_value(row, issued.text)
    row.save()
    return row


def keep_refresh_token(text: str, grounds: Grounds, *, scope: str, resource: list[str]) -> RefreshToken:
    """`scope` and `resource` are those of the consent's code, however little of them is asked for meanwhile."""
    assert grounds.consent is not None
    row = RefreshToken(
        application=grounds.client,
        user=grounds.consent.user,
        consent=grounds.consent,
        token_family=grounds.family,
        scope=scope,
        resource=resource,
        dpop_jkt=grounds.dpop_jkt if grounds.client.is_public else "",
        expires_at=timezone.now() + timedelta(days=settings().refresh_token_days),
    )
    set_token_value(row, text)
    row.save()
    return row


@write
def revoke_access_token(token: AccessToken, *, actor: Actor, reason: str = "") -> None:
    """The gateways refuse it from now on; what else came of its code works on (RFC 7009, section 2.1)."""
    _end([token])
    credential = token.application.credential
    record_event(
        actor,
        "token.revoked",
        credential,
        organisation=credential.application.organisation.public_id,
        changes={"token": [None, token.jti]},
        reason=reason,
        publishes=[("token", token.jti)],
    )


@write
def revoke_family(family: UUID, client: Client, *, actor: Actor, reason: str = "") -> None:
    """Everything that came of one code: its refresh tokens, and its access tokens that have not expired."""
    now = timezone.now()
    ended = RefreshToken.objects.filter(token_family=family, revoked=None).update(revoked=now, updated=now)
    tokens = list(AccessToken.objects.filter(family=family, revoked_at=None, expires__gt=now))
    _end(tokens)
    credential = client.credential
    record_event(
        actor,
        "token.family_revoked",
        credential,
        organisation=credential.application.organisation.public_id,
        changes={"refresh tokens": [ended, 0], "access tokens": [len(tokens), 0]},
        reason=reason,
        publishes=[("token", token.jti) for token in tokens],
    )


def _end(tokens: Iterable[AccessToken]) -> None:
    numbers = [token.pk for token in tokens]
    AccessToken.objects.filter(pk__in=numbers, revoked_at=None).update(revoked_at=timezone.now())
