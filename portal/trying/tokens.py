"""The tokens with which the portal calls for a person: kept in their session, whose content is ciphertext, and nowhere
else. They end with the session, and one that a smaller role or a narrower client would not get is not used again."""

import time
from typing import Any

from audit.actors import Actor
from catalog.models import Api
from keys.documentation import issue_for_documentation
from keys.models import Credential
from keys.tokens_by_hand import scopes_at

_ENTRY = "tokens to try with"
_MOST = 6
_SPARE_SECONDS = 30
"""A token with less time left is not begun with: the call could outlive it."""


def token_for(session: Any, credential: Credential, api: Api, *, actor: Actor) -> str:
    """The kept one while it lasts, else a new one. Raises ValidationError where the client gets none."""
    name = f"{credential.public_id} {api.public_id}"
    scopes = list(scopes_at(credential, api))
    kept = session.get(_ENTRY, {}).get(name)
    if kept and kept["scopes"] == scopes and kept["ends_at"] > time.time() + _SPARE_SECONDS:
        return str(kept["text"])
    issued = issue_for_documentation(credential, api, actor=actor)
    _keep(session, name, {"text": issued.text, "scopes": scopes, "ends_at": issued.expires.timestamp()})
    return issued.text


def _keep(session: Any, name: str, token: dict[str, Any]) -> None:
    """Of more than a few the oldest are given up, and so are those whose time is over."""
    alive = {key: each for key, each in session.get(_ENTRY, {}).items() if each["ends_at"] > time.time()}
    alive.pop(name, None)
    session[_ENTRY] = dict(list({**alive, name: token}.items())[-_MOST:])


def forget_tokens(session: Any) -> None:
    """After one was refused: the next call begins with a new one."""
    session.pop(_ENTRY, None)
