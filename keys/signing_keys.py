"""The keys with which the server signs access tokens, and how one follows another without a token going astray.

A key is published (to the gateways, and in the JWKS) before it signs, and stays published until the last token that it
signed has expired. Its private half is sealed in the database.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import ECKey

from audit.actors import SYSTEM, Actor
from audit.writing import record_event, write
from contract.access_tokens import ALGORITHM, TYPE
from contract.sealed import open_text, seal_text
from contract.settings import settings
from keys.models import SigningKey

LEAD = timedelta(hours=1)
"""From publishing a key until it signs: longer than anybody may keep the JWKS."""
ROTATED_AFTER = timedelta(days=30)
DOCUMENTATION_TOKEN_SECONDS = 900
"""How long a token of keys.documentation is good for."""
_SLACK = timedelta(minutes=5)
_PURPOSE = b"portcullis token keys"


def signing_key(now: datetime) -> SigningKey:
    """The key that signs now; the first one is made when it is first asked for."""
    found = published_keys(now).filter(signs_from__lte=now).first()
    return found or add_signing_key(actor=SYSTEM, lead=timedelta(0))


def published_keys(now: datetime) -> QuerySet[SigningKey]:
    """The next one, the one that signs, and those whose tokens may still be about; the newest first."""
    return SigningKey.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now))


@write
def add_signing_key(*, actor: Actor, lead: timedelta = LEAD, reason: str = "") -> SigningKey:
    """A key that signs from `lead` on in place of all others; one that was to sign later never will."""
    now = timezone.now()
    made = _new_key(now + lead)
    replaced = list(published_keys(now).filter(ends_at=None).exclude(pk=made.pk))
    for key in replaced:
        waits = key.signs_from > now
        key.ends_at = now if waits else made.signs_from + _longest_token() + _SLACK
        key.save(update_fields=["ends_at"])
    record_event(
        actor,
        "token_key.added",
        made,
        changes={"signs_from": [None, str(made.signs_from)], "replaces": [None, [key.kid for key in replaced]]},
        reason=reason,
        publishes=[("token-key", key.kid) for key in (made, *replaced)],
    )
    return made


def _longest_token() -> timedelta:
    return timedelta(seconds=max(settings().access_token_seconds, DOCUMENTATION_TOKEN_SECONDS))


def _new_key(signs_from: datetime) -> SigningKey:
    pair = ECKey.generate_key("P-256", private=True)
    sealed = seal_text(json.dumps(pair.as_dict(private=True)), settings().secret_bytes("storage_key"), _PURPOSE)
    public = {name: value for name, value in pair.as_dict(private=False).items() if name in ("kty", "crv", "x", "y")}
    return SigningKey.objects.create(
        kid=pair.thumbprint(), public_jwk=public, sealed_private_jwk=sealed, signs_from=signs_from
    )


@write
def replace_all_keys(*, actor: Actor, reason: str = "") -> SigningKey:
    """A key that signs at once, and the end of all others: whatever they signed is refused. For when one of them may be
    in other hands."""
    now = timezone.now()
    others = list(published_keys(now))
    made = add_signing_key(actor=actor, lead=timedelta(0), reason=reason)
    SigningKey.objects.filter(pk__in=[key.pk for key in others]).update(ends_at=now)
    for key in others:
        record_event(actor, "token_key.withdrawn", key, reason=reason, publishes=[("token-key", key.kid)])
    return made


def rotate_when_due() -> None:
    """For the schedule: a key older than 30 days gets a successor, and keys whose time is over go."""
    now = timezone.now()
    newest = published_keys(now).first()
    if newest and newest.signs_from <= now - ROTATED_AFTER:
        add_signing_key(actor=SYSTEM, reason="30 days are over.")
    for key in SigningKey.objects.filter(ends_at__lte=now - _SLACK):
        _forget(key)


@write
def _forget(key: SigningKey) -> None:
    key.delete()
    record_event(SYSTEM, "token_key.forgotten", key, publishes=[("token-key", key.kid)], object_label=key.kid)


def jwk_set(now: datetime) -> dict[str, Any]:
    """What everybody may know of the keys (RFC 7517, section 5)."""
    return {"keys": [{**key.public_jwk, "kid": key.kid, "use": "sig", "alg": ALGORITHM} for key in published_keys(now)]}


def sign(claims: Mapping[str, Any], now: datetime) -> str:
    """An access token (RFC 9068) with these claims."""
    key = signing_key(now)
    header = {"typ": TYPE, "alg": ALGORITHM, "kid": key.kid}
    return jwt.encode(header, dict(claims), _private(key.sealed_private_jwk), algorithms=[ALGORITHM])


@lru_cache(maxsize=4)
def _private(sealed: str) -> ECKey:
    """Raises SealBroken where STORAGE_KEY is another one than it was."""
    return ECKey.import_key(json.loads(open_text(sealed, settings().secret_bytes("storage_key"), _PURPOSE)))
