"""What the gateways know of credentials and their secrets."""

from catalog.records import to_ms
from contract import records
from keys.models import Credential, Secret


def build_credential(record_id: str) -> records.Credential | None:
    """The record of a credential by public id."""
    row = Credential.objects.select_related("application").filter(public_id=record_id).first()
    if row is None:
        return None
    secret = row.secrets.first()
    return records.Credential(
        id=row.public_id,
        application=row.application.public_id,
        environment=row.environment,  # type: ignore[arg-type]
        scopes=tuple(row.scopes),
        status=row.status,  # type: ignore[arg-type]
        expires_at_ms=to_ms(row.expires_at),
        networks=tuple(row.networks),
        stub=str(secret) if secret else "",
    )


def build_secret(record_id: str) -> records.Secret | None:
    """The record of a secret by digest."""
    row = Secret.objects.select_related("credential").filter(digest=record_id).first()
    return row and records.Secret(row.credential.public_id, "active", to_ms(row.not_after))
