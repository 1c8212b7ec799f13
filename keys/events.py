"""The audit events of credentials: `key.rotated` of an API key, `client.rotated` of an OAuth client."""

from collections.abc import Iterable
from typing import Any

from audit.actors import Actor
from audit.writing import record_event
from keys.models import Credential


def action_of(credential: Credential, act: str) -> str:
    """`key.rotated` for `rotated`, or `client.rotated`."""
    return f"{credential.kind}.{act}"


def record_act(
    credential: Credential,
    act: str,
    changes: dict[str, Any],
    actor: Actor,
    reason: str = "",
    *,
    digests: Iterable[str] = (),
) -> None:
    """Within a write: note what was done to a credential, and publish it with those of its secrets."""
    record_event(
        actor,
        action_of(credential, act),
        credential,
        organisation=credential.application.organisation.public_id,
        changes=changes,
        reason=reason,
        publishes=[("credential", credential.public_id), *(("secret", digest) for digest in digests)],
    )
