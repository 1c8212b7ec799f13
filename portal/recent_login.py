"""When the person behind a session last showed that it is them: by signing in, signing up or proving it once more."""

import time
from typing import Any

from contract.settings import settings

_ENTRY = "proved at"


def note_proof(session: Any) -> None:
    """From now on the session counts as recent."""
    session[_ENTRY] = int(time.time())


def is_recent(session: Any) -> bool:
    """Whether the last proof is younger than REAUTHENTICATE_AFTER_SECONDS."""
    return time.time() - session.get(_ENTRY, 0) < settings().reauthenticate_after_seconds
