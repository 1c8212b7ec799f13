"""What the gateways know of credentials and their secrets."""

from catalog.records import to_ms
from contract import records
from keys.models import Credential, Secret, SecretState


def build_credential(record_id: str) -> records.Credential | None:
    """The record of a credential by public id."""
    row = Credential.objects.select_related("application", "created_by").filter(public_id=record_id).first()
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
    )


def build_secret(record_id: str) -> records.Secret | None:
    """The record of a secret by digest."""
    row = Secret.objects.select_related("credential").filter(digest=record_id).first()
    if row is None:
        return None
    return records.Secret(
        credential=row.credential.public_id,
        status="revoked" if row.state == SecretState.ENDED else "active",
        not_after_ms=to_ms(row.not_after),
        id=row.public_id,
    )
