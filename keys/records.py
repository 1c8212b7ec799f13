"""What the gateways know of credentials and their secrets."""

from catalog.records import to_ms
from contract import records
from keys.models import AccessToken, Consent, Credential, Kind, Secret, SecretState, SigningKey


def build_credential(record_id: str) -> records.Credential | None:
    """The record of a credential by public id."""
    rows = Credential.objects.select_related("application", "created_by", "client")
    row = rows.filter(public_id=record_id).first()
    if row is None:
        return None
    secret = row.secrets.filter(state=SecretState.CURRENT).first()
    return records.Credential(
        id=row.public_id,
        application=row.application.public_id,
        environment=row.environment,  # type: ignore[arg-type]
        scopes=tuple(row.scopes_in_force),
        status=row.status,  # type: ignore[arg-type]
        expires_at_ms=to_ms(row.expires_at),
        networks=tuple(row.networks),
        stub=str(secret) if secret else "",
        user=row.created_by.public_id if row.created_by else "",
        quarantined=row.is_quarantined,
        debug=row.is_debug,
        kind=row.kind,  # type: ignore[arg-type]
        requires_dpop=row.kind == Kind.CLIENT and row.client.requires_dpop,
    )


def build_secret(record_id: str) -> records.Secret | None:
    """The record of a key's secret by digest; those of clients are none of the gateways' business."""
    row = Secret.objects.select_related("credential").filter(digest=record_id, credential__kind=Kind.KEY).first()
    if row is None:
        return None
    return records.Secret(
        credential=row.credential.public_id,
        status="revoked" if row.state == SecretState.ENDED else "active",
        not_after_ms=to_ms(row.not_after),
        id=row.public_id,
    )


def build_consent(record_id: str) -> records.Consent | None:
    """The record of a consent by public id."""
    row = Consent.objects.select_related("credential", "user").filter(public_id=record_id).first()
    if row is None:
        return None
    return records.Consent(
        id=row.public_id,
        credential=row.credential.public_id,
        user=row.user.public_id,
        scopes=tuple(row.scopes),
        status="active" if row.is_active else "revoked",
    )


def build_token_key(record_id: str) -> records.TokenKey | None:
    """The record of a signing key by its name; None once the last token that it signed has expired."""
    row = SigningKey.objects.filter(kid=record_id).first()
    return row and records.TokenKey(row.kid, row.public_jwk, not_after_ms=to_ms(row.ends_at))


def build_revoked_token(record_id: str) -> records.RevokedToken | None:
    """The record of a revoked access token by `jti`; None once it has expired."""
    row = AccessToken.objects.filter(jti=record_id, revoked_at__isnull=False).first()
    return row and records.RevokedToken(row.jti, to_ms(row.expires) or 0)
