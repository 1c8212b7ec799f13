"""Upgrades of the protocol (RFC 9110, section 7.8): refused until the gateway speaks one.

`h2c` is passed over, as the RFC allows: some clients offer it with every first request and go on in HTTP/1.1.
"""

from gateway.refusal import Refused
from gateway.strict import Fields

_PASSED_OVER = {b"h2c", b""}


def refuse_upgrade(fields: Fields) -> None:
    """Raises Refused("not-implemented") where the client asks to leave HTTP, as for a WebSocket."""
    wanted = fields.by_name.get(b"upgrade")
    if wanted is not None and not _PASSED_OVER.issuperset(part.strip().lower() for part in wanted.split(b",")):
        raise Refused("not-implemented", detail="Upgrades, such as to WebSocket, are not supported.", closes=True)
