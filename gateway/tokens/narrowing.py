"""A token's client as this token may use it: with fewer scopes, for as long as everything behind the token holds."""

from typing import NamedTuple

import msgspec

from contract.records import Account, Consent, Credential, Secret, TokenKey
from gateway.tokens.access_token import SKEW_MS, AccessToken


class Behind(NamedTuple):
    """What a token rests on beside its client; None for what is not published."""

    key: TokenKey | None
    is_revoked: bool
    consent: Consent | None
    account: Account | None


def as_secret(token: AccessToken, behind: Behind) -> Secret:
    """The token in a secret's place: active while it is not revoked, until it or its key ends."""
    ends = [token.ends_at_ms]
    if behind.key is not None and behind.key.not_after_ms is not None:
        ends.append(behind.key.not_after_ms)
    is_active = behind.key is not None and not behind.is_revoked and _has_consent(token, behind)
    return Secret(token.client, "active" if is_active else "revoked", min(ends), token.id[:8])


def begun_by(token: AccessToken, behind: Behind) -> AccessToken:
    """The token, not before the time of the key that signed it."""
    begins_at_ms = behind.key.not_before_ms - SKEW_MS if behind.key is not None else 0
    return token._replace(starts_at_ms=max(token.starts_at_ms, begins_at_ms))


def _has_consent(token: AccessToken, behind: Behind) -> bool:
    """Client credentials need none."""
    if not token.consent:
        return True
    consent, account = behind.consent, behind.account
    return (
        consent is not None
        and account is not None
        and consent.credential == token.client
        and consent.status == account.status == "active"
    )


def narrow(credential: Credential, token: AccessToken, consent: Consent | None) -> Credential:
    """The scopes that token, client and consent have in common; `user` is who gave the consent, if anybody did."""
    scopes = [scope for scope in credential.scopes if scope in token.scopes]
    if not token.consent or consent is None:
        return msgspec.structs.replace(credential, scopes=tuple(scopes))
    common = tuple(scope for scope in scopes if scope in consent.scopes)
    return msgspec.structs.replace(credential, scopes=common, user=consent.user)
