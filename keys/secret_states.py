"""The states of a secret, as a table: what each step of a rotation makes of it."""

from datetime import datetime
from typing import Literal

from audit.writing import Conflict
from keys.models import Secret, SecretState

Step = Literal["replace", "replace at once", "extend", "end", "cancel"]

NEXT: dict[tuple[str, Step], str] = {
    # The secret in use gets a successor, and lives on beside it or not.
    (SecretState.CURRENT, "replace"): SecretState.RETIRING,
    (SecretState.CURRENT, "replace at once"): SecretState.ENDED,
    # Its end is moved, or comes early.
    (SecretState.RETIRING, "extend"): SecretState.RETIRING,
    (SecretState.RETIRING, "end"): SecretState.ENDED,
    (SecretState.RETIRING, "replace at once"): SecretState.ENDED,
    # The rotation is called off: the new one dies, the old one is what it was.
    (SecretState.CURRENT, "cancel"): SecretState.ENDED,
    (SecretState.RETIRING, "cancel"): SecretState.CURRENT,
}
"""What is not here cannot happen: an ended secret never comes back."""


def next_state(secret: Secret, step: Step) -> str:
    """Raises Conflict where the step does not fit the secret's state: somebody else was quicker."""
    try:
        return NEXT[secret.state, step]
    except KeyError:
        raise Conflict(f"The secret {secret} is {secret.get_state_display().lower()} already.") from None


def is_retiring(secret: Secret, now: datetime) -> bool:
    """Whether it still works beside its successor."""
    return secret.state == SecretState.RETIRING and (secret.not_after is None or now < secret.not_after)


def shown_state(secret: Secret, now: datetime) -> str:
    """What people read: a retiring secret ends by itself."""
    ended = secret.state == SecretState.RETIRING and not is_retiring(secret, now)
    return SecretState.ENDED if ended else secret.state
