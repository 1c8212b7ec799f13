"""The last call of a session, from the request that made it to the page that shows it: without JavaScript these are
two, so that loading the page again sends nothing again. It waits in the session, whose content is ciphertext."""

from typing import Any, NamedTuple

import msgspec

from portal.trying.tried import Tried

_ENTRY = "tried"


class Kept(NamedTuple):
    """What was filled in, as a form is sent, and what came of it."""

    filled_in: str
    tried: Tried


def keep_tried(session: Any, address: str, kept: Kept) -> None:
    """For the page at `address`; the one before is given up."""
    session[_ENTRY] = {"at": address, "text": msgspec.json.encode(kept).decode()}


def take_tried(session: Any, address: str) -> Kept | None:
    """It is gone from now on; None where it was shown, or is for another page."""
    kept = session.get(_ENTRY)
    if not kept or kept["at"] != address:
        return None
    del session[_ENTRY]
    return msgspec.json.decode(kept["text"], type=Kept)
